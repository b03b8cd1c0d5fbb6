"""Where the platforms of these tests live."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the system's PostgreSQL user may enter: those of pytest are closed anew by each of its runs."""
    with tempfile.TemporaryDirectory(prefix="spplus-faults-", ignore_cleanup_errors=True) as directory:
        yield Path(directory)
