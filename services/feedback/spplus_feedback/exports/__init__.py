"""Official columns, written: what an import reads comes out again."""
