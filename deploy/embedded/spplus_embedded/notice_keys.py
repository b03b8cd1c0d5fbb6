"""The keys by which the intake service signs tickets for notices."""

from pathlib import Path

from spplus_embedded.private import write_secret
from spplus_feedback.notices import NO_KEYS


def keep_notice_keys(file: Path) -> Path:
    """The file of the keys, made (mode 600) where it is missing."""
    if not file.exists():
        write_secret(file, NO_KEYS.turned().private())
    return file
