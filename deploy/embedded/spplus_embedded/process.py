"""A child process: tied to us, logged within a bound, stopped for sure, never confused with a stranger."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from spplus_embedded import tether
from spplus_embedded.errors import explain_stop

MAX_LOG_BYTES: Final = 10 * 1024 * 1024
_POLL_SECONDS: Final = 0.03
_LEFTOVER_SECONDS: Final = 10.0
_TETHER: Final = Path(tether.__file__).read_text()


class User(NamedTuple):
    """The system user that a process runs as."""

    uid: int
    gid: int


@dataclass
class Child:
    """One program. Start it from the main thread: the tie is to the thread that starts it."""

    name: str
    command: Sequence[str]
    directory: Path
    """Where `<name>.log` and `<name>.pid` are kept."""
    environment: Mapping[str, str] | None = None
    user: User | None = None
    death_signal: signal.Signals = signal.SIGKILL
    """What the kernel sends when we die without a word."""
    marker: str = ""
    """Text of its command line by which a leftover of an earlier run is recognised."""
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.directory / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def running(self) -> bool:
        """Whether it runs now."""
        return self._process is not None and self._process.poll() is None

    @property
    def ending(self) -> str:
        """How the last run ended, for people."""
        status = self.exit_status
        if status is None:
            return "not ended"
        return f"signal {-status}" if status < 0 else f"exit status {status}"

    @property
    def exit_status(self) -> int | None:
        """Exit status of the last run; negative: the signal that ended it."""
        return None if self._process is None else self._process.poll()

    async def start(self) -> None:
        """Clear a leftover of an earlier run, then start."""
        self.directory.mkdir(parents=True, exist_ok=True)
        await self.end_leftover()
        self.bound_log()
        user = self.user or User(-1, -1)
        tied = [str(os.getpid()), str(int(self.death_signal)), str(user.uid), str(user.gid)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603, ASYNC220  # our own command; starting does not block
                [sys.executable, "-I", "-S", "-c", _TETHER, *tied, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=None if self.environment is None else {**os.environ, **self.environment},
                start_new_session=True,
            )
        self._pid_file.write_text(str(self._process.pid))

    async def end_leftover(self) -> None:
        """End what an earlier run left behind: the process of the pid file, if its command line is ours."""
        with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError):
            pid = int(self._pid_file.read_text())
            asked = time.monotonic()
            ours = bool(self.marker) and self.marker in command_line(pid)
            while ours and is_alive(pid):
                patient = time.monotonic() - asked < _LEFTOVER_SECONDS
                os.kill(pid, self.death_signal if patient else signal.SIGKILL)
                await asyncio.sleep(_POLL_SECONDS)

    async def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait for its end; False if it still runs after the time."""
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        while self.running:
            if deadline is not None and time.monotonic() > deadline:
                return False
            await asyncio.sleep(_POLL_SECONDS)
        return True

    async def run(self) -> None:
        """Start and wait for its end; PartsError, with what it said, if it failed."""
        await self.start()
        await self.wait()
        self._pid_file.unlink(missing_ok=True)
        if self.exit_status != 0:
            raise explain_stop(self.name, self.log)

    async def stop(self, *, how: signal.Signals = signal.SIGTERM, grace_seconds: float = 25.0) -> bool:
        """Ask it to end, then make it; True if it ended by itself. A paused process hears nothing: it is resumed."""
        self.send(how)
        self.send(signal.SIGCONT)
        gently = await self.wait(grace_seconds)
        if not gently:
            await self.kill()
        self._pid_file.unlink(missing_ok=True)
        return gently

    async def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.send(signal.SIGKILL)
        await self.wait()

    def send(self, how: signal.Signals) -> None:
        """Send a signal, if it runs."""
        if self._process is not None and self.running:
            self._process.send_signal(how)

    def bound_log(self) -> None:
        """Keep at most two files of 10 MB: the child appends, so its file may be emptied under it."""
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)

    @property
    def _pid_file(self) -> Path:
        return self.directory / f"{self.name}.pid"


def is_alive(pid: int) -> bool:
    """Whether a process still holds anything: its command line goes before its ports and files do."""
    stat = Path(f"/proc/{pid}/stat")
    with contextlib.suppress(OSError):
        return stat.read_text(errors="replace").rpartition(")")[2].split()[0] not in "ZX"
    return not Path("/proc/self").exists() and command_line(pid) != ""


def command_line(pid: int) -> str:
    """Give the command line of a process; empty if there is none."""
    proc = Path(f"/proc/{pid}/cmdline")
    if proc.parent.parent.joinpath("self").exists():
        with contextlib.suppress(OSError):
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    listed = subprocess.run(  # noqa: S603  # no input from outside
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout
