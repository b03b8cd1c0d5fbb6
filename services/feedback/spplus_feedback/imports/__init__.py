"""Official files: read as streams, told through the same handlers and events as the HTTP door."""
