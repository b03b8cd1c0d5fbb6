"""CPU seconds and memory of a process with its children, read from /proc."""

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Gauge:
    """The CPU time of some processes at an instant."""

    pids: dict[str, int]
    """The root of each group of processes, by name."""
    cpu_seconds: dict[str, float]

    def since(self) -> dict[str, float]:
        """CPU seconds that each group has used since this reading."""
        now = read(self.pids).cpu_seconds
        return {name: round(now[name] - before, 3) for name, before in self.cpu_seconds.items()}


def _busy_seconds() -> float:
    fields = [int(field) for field in (_PROC / "stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / _TICKS


@dataclass(frozen=True, slots=True)
class Machine:
    """How busy the machine is with other things than the bench and all that it started."""

    at: float = field(default_factory=time.monotonic)
    busy: float = field(default_factory=_busy_seconds)
    own: float = field(default_factory=lambda: _cpu_seconds(os.getpid()))

    def others_cores(self) -> float:
        """Cores that others have used since this reading, on average."""
        now = Machine()
        used = (now.busy - self.busy) - (now.own - self.own)
        return round(max(0.0, used / (now.at - self.at)), 2)


def read(pids: dict[str, int]) -> Gauge:
    """Look at the CPU time now; children that ended are included once their parent has taken note."""
    return Gauge(pids, {name: _cpu_seconds(pid) for name, pid in pids.items()})


def memory_mb(pid: int) -> float:
    """Memory of a process with its children, in MB; what several share is counted once."""
    return round(sum(_field_kb(member, "smaps_rollup", "Pss:") for member in _family(pid)) / 1024, 1)


def peak_mb(pid: int) -> float:
    """The most memory that a process has had resident, in MB; children not included."""
    return round(_field_kb(pid, "status", "VmHWM:") / 1024, 1)


def resident_mb(pid: int) -> float:
    """What a process has resident now, in MB; children not included."""
    return round(_field_kb(pid, "status", "VmRSS:") / 1024, 1)


def forget_peak(pid: int) -> None:
    """Let the peak of a process of our own begin anew (proc(5), clear_refs)."""
    (_PROC / str(pid) / "clear_refs").write_text("5")


def _cpu_seconds(pid: int) -> float:
    return sum(sum(int(field) for field in _stat(member)[11:15]) for member in _family(pid)) / _TICKS


def _family(pid: int) -> list[int]:
    parents = {int(entry.name): _parent(int(entry.name)) for entry in _PROC.iterdir() if entry.name.isdigit()}
    family = [pid]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def _parent(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[1])


def _stat(pid: int) -> list[str]:
    """Fields of the process's stat from the third on; zeros for one that has just ended."""
    with suppress(OSError):
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return ["0"] * 20


def _field_kb(pid: int, file: str, name: str) -> int:
    with suppress(OSError):
        for line in (_PROC / str(pid) / file).read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    return 0
