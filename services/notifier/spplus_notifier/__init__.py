"""Publication: what people read and systems consume."""
