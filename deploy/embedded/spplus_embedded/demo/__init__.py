"""The demo: a believable year of a region that does not exist, played through the public doors and judged."""
