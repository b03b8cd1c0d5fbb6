"""What stands before the doors: limits by key and address, and the signs by which a machine gives itself away."""
