"""A child process: ended when asked, when paused, when deaf, when left over; its log bounded."""

import signal
import sys
from pathlib import Path

import pytest

from spplus_embedded import process
from spplus_embedded.errors import PartsError
from spplus_embedded.process import Child, command_line

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

SLEEPY = "import time; print('up', flush=True); time.sleep(600)  # marked-for-this-test"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPY}"


def a_child(directory: Path, program: str = SLEEPY, marker: str = "") -> Child:
    return Child("child", [sys.executable, "-c", program], directory, marker=marker)


async def is_up(child: Child) -> None:
    while "up" not in child.log.read_text():
        assert not await child.wait(0.02)


async def test_paused_child_is_stopped_gently(tmp_path: Path) -> None:
    child = a_child(tmp_path)
    await child.start()
    child.send(signal.SIGSTOP)
    assert await child.stop(grace_seconds=20)
    assert child.ending == "signal 15"


async def test_deaf_child_is_ended_after_the_grace(tmp_path: Path) -> None:
    child = a_child(tmp_path, DEAF)
    await child.start()
    await is_up(child)  # its word is the only sign that it is deaf by now
    assert not await child.stop(grace_seconds=0.2)
    assert child.ending == "signal 9"


async def test_leftover_of_an_earlier_run_is_ended_by_the_next_start(tmp_path: Path) -> None:
    first = a_child(tmp_path, marker="marked-for-this-test")
    await first.start()
    await is_up(first)  # while it becomes its program, it has no command line to be known by
    second = a_child(tmp_path, marker="marked-for-this-test")
    await second.start()
    await second.stop()
    assert await first.wait(10)
    assert first.ending == "signal 9"


async def test_process_of_a_stranger_with_the_old_pid_is_left_alone(tmp_path: Path) -> None:
    stranger = a_child(tmp_path / "stranger")
    await stranger.start()
    (tmp_path / "child.pid").write_text(str(stranger.pid))
    mine = a_child(tmp_path, marker="another-program")
    await mine.start()
    assert stranger.running
    await mine.stop()
    await stranger.stop()


async def test_stopped_child_leaves_neither_process_nor_pid_file(tmp_path: Path) -> None:
    child = a_child(tmp_path)
    await child.start()
    pid = child.pid
    await child.stop()
    assert pid is not None
    assert command_line(pid) == ""
    assert not (tmp_path / "child.pid").exists()


async def test_failed_run_shows_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(PartsError, match="the reason"):
        await a_child(tmp_path, "import sys; sys.exit('the reason')").run()


async def test_long_log_is_cut_and_its_last_part_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MAX_LOG_BYTES", 10)
    child = a_child(tmp_path)
    child.log.write_text("a long story")
    child.bound_log()
    assert child.log.read_text() == ""
    assert child.log.with_suffix(".log.1").read_text() == "a long story"
