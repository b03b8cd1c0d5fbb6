"""Pages in the system's own Chromium."""

import shutil

import pytest


def chromium() -> str:
    """The browser's program; the test fails where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.fail("the browser tests need the system's Chromium: run `make test`, or install it")
