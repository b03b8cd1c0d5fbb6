"""`spplus up`: the platform in the foreground, until SIGINT or SIGTERM."""

import asyncio
import contextlib
import signal

from spplus_embedded.errors import PartsError
from spplus_embedded.parts import fetch_parts
from spplus_embedded.platform import Platform
from spplus_embedded.service_process import SERVICES
from spplus_embedded.settings import UpSettings

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Stop:
    """The wish to stop: the first signal stops in order, the second one at once."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.asked = asyncio.Event()
        self._main = asyncio.current_task()

    def listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in _ENDING:
            loop.add_signal_handler(number, self._on_signal)

    def _on_signal(self) -> None:
        if self.asked.is_set():
            say("stopping at once")
            self._platform.kill_all()
            return
        say("stopping (again to stop at once)")
        self.asked.set()


def say(text: str) -> None:
    """Print at once, also into a pipe; a reader who went away must not stop the platform."""
    with contextlib.suppress(BrokenPipeError):
        print(text, flush=True)  # noqa: T201  # a command's voice


def fetching(done: int, total: int) -> None:
    """Say how far the jars of Kafka are, now and then."""
    if done == total or done % 10 == 0:
        say(f"fetching Kafka, the first time only: {done} of {total} jars")


async def up(settings: UpSettings, *, reset: bool = False) -> int:
    """Run the platform until it is asked to stop."""
    platform = Platform(settings, announce=say)
    stop = _Stop(platform)
    stop.listen()
    await asyncio.to_thread(fetch_parts, settings.runtime, fetching)
    starting = asyncio.ensure_future(platform.start(reset=reset))
    asking = asyncio.ensure_future(stop.asked.wait())
    await asyncio.wait({starting, asking}, return_when=asyncio.FIRST_COMPLETED)
    if stop.asked.is_set():
        starting.cancel()
    try:
        await starting
        for line in greeting(platform):
            say(line)
        await asking
    except asyncio.CancelledError:
        if not stop.asked.is_set():
            raise
    except PartsError:
        asking.cancel()
        raise
    finally:
        await platform.stop()
    say("stopped")
    return 0


def greeting(platform: Platform) -> list[str]:
    """Say where everything is; the last line is `ready`."""
    addresses = [(service, platform.address(service)) for service in SERVICES]
    addresses += [("kafka", platform.kafka_servers), ("data and logs", str(platform.directory))]
    if platform.settings.mails:
        addresses.append(("mails, not sent", str(platform.mails)))
    width = max(len(name) for name, _ in addresses)
    first = "  the first to sign in: .venv/bin/spplus-feedback accounts create NAME --name 'YOUR NAME' \\\n"
    first += "      --role administrator --structure '*' --generate"
    return [*(f"  {name:<{width}}  {address}" for name, address in addresses), first, "ready"]
