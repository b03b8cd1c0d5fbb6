"""Scoring: from events to figures anybody can recompute."""
