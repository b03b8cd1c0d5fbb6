"""Files that only their owner may read."""

import os
from pathlib import Path


def write_secret(path: Path, text: str) -> None:
    """Write a file of mode 600, whole or not at all."""
    incoming = path.with_name(f".{path.name}.incoming")
    incoming.unlink(missing_ok=True)
    with os.fdopen(os.open(incoming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    incoming.replace(path)


def read_secret(path: Path) -> str:
    """Read it back."""
    return path.read_text().strip()
