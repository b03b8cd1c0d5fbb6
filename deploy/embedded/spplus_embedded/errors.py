"""The one error that a person sees: what is wrong, and what to do about it."""

import errno
import shutil
from pathlib import Path
from typing import Final

LEAST_FREE_BYTES: Final = 500 * 1024 * 1024
_DISK_FULL: Final = "No space left on device"


class PartsError(Exception):
    """A part of the platform is missing, cannot start or has stopped; the text says what to do."""


def ensure_space(directory: Path, *, setting: str) -> None:
    """Raise PartsError where less than 500 MB are free: Kafka and PostgreSQL stop dead on a full disk."""
    existing = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < LEAST_FREE_BYTES:
        raise PartsError(
            f"the disk of {directory} is nearly full ({free // 1_048_576} MB free, 500 MB needed): "
            f"make room, or choose another directory with {setting}"
        )


def explain_stop(name: str, log: Path) -> PartsError:
    """Say why a part stopped, from the end of its log."""
    tail = _tail(log)
    if _DISK_FULL in tail:
        return PartsError(f"{name} stopped: the disk is full (log: {log})")
    return PartsError(f"{name} stopped; the end of {log}:\n{tail}")


def is_disk_full(error: OSError) -> bool:
    """Whether the system refused a write for want of room."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}


def _tail(log: Path, *, lines: int = 15) -> str:
    if not log.exists():
        return "(nothing was written)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
