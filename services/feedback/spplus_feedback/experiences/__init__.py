"""What the public reads: stories whose words were let through, with their answers."""
