"""What moderators do: find what is personal, mask it, publish or reject. Words are masked, never changed."""
