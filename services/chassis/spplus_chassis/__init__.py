"""What would be identical in a service about something else."""
