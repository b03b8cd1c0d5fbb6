"""The platform as the demo and the fault tests use it: parts held down, released, paused."""

import asyncio
import signal
from pathlib import Path

import httpx
import pytest

from spplus_embedded.errors import PartsError
from spplus_embedded.platform import Platform
from spplus_embedded.settings import UpSettings

pytestmark = [pytest.mark.integration, pytest.mark.asyncio, pytest.mark.timeout(300)]
RUNTIME = Path(__file__).parents[3] / ".spplus/runtime"


async def test_held_part_stays_down_until_released_and_a_paused_one_is_not_taken_for_dead(tmp_path: Path) -> None:
    said: list[str] = []
    async with Platform(UpSettings.apart(tmp_path, runtime=RUNTIME), announce=said.append, fast=True) as platform:
        before = platform.pid("feedback")
        platform.send("notifier", signal.SIGSTOP)
        await platform.hold("indicators")
        assert platform.pid("indicators") is None
        await asyncio.sleep(1)  # longer than the first pause of the supervisor
        assert platform.pid("indicators") is None
        platform.send("notifier", signal.SIGCONT)
        await platform.release("indicators")
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{platform.address('indicators')}/readyz")
        assert answer.status_code == httpx.codes.OK
        assert platform.pid("feedback") == before
        assert not any("stopped" in line for line in said)


async def test_service_that_cannot_start_is_explained_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPPLUS_NOTIFIER_DATABASE_POOL_SIZE", "no number")
    platform = Platform(UpSettings.apart(tmp_path, runtime=RUNTIME), announce=lambda _: None, fast=True)
    with pytest.raises(PartsError, match=r"notifier stopped[\s\S]*DATABASE_POOL_SIZE"):
        await platform.start()
    assert [platform.pid(part) for part in ("feedback", "indicators", "notifier", "kafka", "postgres")] == [None] * 5
