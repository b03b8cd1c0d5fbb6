"""`spplus demo`: everything from an empty directory to the table, or the reason why not."""

import asyncio
import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from spplus_embedded.demo import report
from spplus_embedded.demo.agreement import Judge
from spplus_embedded.demo.doors import HttpDoor, InboundDoor
from spplus_embedded.demo.life import PLATFORM_ANSWER_DAYS, year_before
from spplus_embedded.demo.player import CITIZENS, Heard, Player, size
from spplus_embedded.demo.registration import prepare
from spplus_embedded.demo.staff import STORIES_READ, make_accounts, moderate
from spplus_embedded.demo.steady import Steady, leaves
from spplus_embedded.demo.tree import ROOT, region
from spplus_embedded.parts import fetch_parts
from spplus_embedded.platform import Platform
from spplus_embedded.service_process import SERVICES
from spplus_embedded.settings import UpSettings

_PER_SECOND: Final = 200
_SPEAKS_STRUCTURED: Final = frozenset({"emploi-vdb"})
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_INTERRUPTED: Final = 130
_PAPER_WIDTH: Final = 120
"""Of output that goes to a file or a pipe."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What a person may choose."""

    feedbacks: int = 20_000
    """Stories of the year."""
    seed: int = 2026
    """The same seed on the same day gives the same year."""
    steady_seconds: float = 10.0
    """How long citizens come at 200 a second, to see how fast figures follow."""
    keep: bool = False
    """Stay up at the end."""
    json_file: Path | None = None
    """Where to write the results for programs."""
    directory: Path = Path(".spplus/demo")
    """Data and logs; emptied at the start."""


@dataclass
class Demo:
    """One run."""

    options: DemoOptions
    console: Console
    platform: Platform = field(init=False)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    heard: Heard = field(default_factory=Heard)
    done: bool = field(default=False, init=False)
    """Whether everything was shown."""

    def __post_init__(self) -> None:
        settings = UpSettings(
            directory=self.options.directory,
            environment_file=self.options.directory / "platform.env",
            feedback_port=0,
            indicators_port=0,
            notifier_port=0,
            kafka_port=0,
            postgres_port=0,
            mails=True,
        )
        environment = {"SPPLUS_FEEDBACK_DEFAULT_ANSWER_DAYS": str(PLATFORM_ANSWER_DAYS)}
        self.platform = Platform(settings, announce=self.say, extra_environment=environment)
        self.run = f"{self.started_at:%Y%m%dT%H%M%S}-{self.options.seed}"
        self.places = region()

    async def play(self) -> None:
        """Everything; PartsError with the reason where a part or a count is not as it must be."""
        before = time.perf_counter()
        await self._fetch()
        fetched = time.perf_counter()
        await self.platform.start(reset=True)
        self.say("registering structures, agencies and an agent")
        agent_key = await prepare(self.platform, self.places)
        started = time.perf_counter()
        self.say(f"ready after {started - before:.1f} s")
        databases = {service: self.platform.database_url(service) for service in SERVICES}
        async with HttpDoor(self.platform.address("notifier"), connections=2) as publication:
            judge = Judge(self.places, databases, publication)
            events, played, agreed = await self._history(judge, agent_key)
            latencies = await self._steady(judge)
        await self._moderation(agent_key)
        self._show(
            judge,
            report.Pace(
                parts_seconds=fetched - before,
                start_seconds=started - fetched,
                events=events,
                play_seconds=played,
                agree_seconds=agreed,
                per_second=_PER_SECOND,
                latencies=latencies,
            ),
        )

    async def _fetch(self) -> None:
        with self._progress("fetching Kafka", transient=True) as (progress, task):
            await asyncio.to_thread(
                fetch_parts,
                self.platform.settings.runtime,
                lambda done, total: progress.update(task, completed=done, total=total),
            )

    async def _history(self, judge: Judge, agent_key: str) -> tuple[int, float, float]:
        """Events accepted, seconds until the doors had taken them, seconds until all was published."""
        year = await asyncio.to_thread(
            year_before, self.started_at, self.places, feedbacks=self.options.feedbacks, seed=self.options.seed
        )
        before = time.perf_counter()
        async with (
            HttpDoor(self.platform.address("feedback"), connections=CITIZENS) as http,
            InboundDoor(self.platform.kafka_servers, speaks_structured=_SPEAKS_STRUCTURED) as inbound,
        ):
            with self._progress("a year of the region", size(year)) as (progress, task):
                player = Player(
                    http, inbound, agent_key, lambda steps: progress.advance(task, steps), self.run, self.heard
                )
                await player.play(year)
        played = time.perf_counter() - before
        self.say(
            f"{self.heard.stories} stories accepted ({self.heard.http_stories} over HTTP), "
            f"{self.heard.marks} answers to surveys and ratings, {len(self.heard.spoken)} events in all, "
            f"{self.heard.repeats} sent twice"
        )
        await self._agree(judge)
        return len(self.heard.spoken), played, time.perf_counter() - before

    async def _steady(self, judge: Judge) -> list[float]:
        total = int(_PER_SECOND * self.options.steady_seconds)
        if not total:
            return []
        async with HttpDoor(self.platform.address("feedback"), connections=CITIZENS) as http:
            steady = Steady(
                citizens=http,
                publication_address=self.platform.address("notifier"),
                places=leaves(self.places),
                expected=judge.expected,
                heard=self.heard,
                run=self.run,
                chance=Random(self.options.seed),  # noqa: S311  # a story for a demo, no secret
            )
            with self._progress(f"{_PER_SECOND} citizens a second", total) as (progress, task):
                latencies = await steady.measure(
                    per_second=_PER_SECOND,
                    seconds=self.options.steady_seconds,
                    advance=lambda steps: progress.advance(task, steps),
                )
        await self._agree(judge)
        return latencies

    async def _moderation(self, key: str) -> None:
        async with HttpDoor(self.platform.address("feedback"), connections=1) as door:
            with self._progress("a moderator reads", STORIES_READ, transient=True) as (progress, task):
                count = await moderate(door, key, lambda: progress.advance(task))
        self.say(f"{count} stories read by a moderator and made public")

    async def _agree(self, judge: Judge) -> None:
        with self.console.status("waiting until intake, ledger, figures and publication agree") as status:
            await judge.agree(self.heard, lambda seen: status.update(f"waiting until all agree: {seen}"))
        self.say(f"intake, ledger, figures and publication agree: {len(judge.published)} figures checked")

    def _show(self, judge: Judge, pace: report.Pace) -> None:
        year = report.main_year(judge.published)
        figures = report.figures_of(judge.published, year)
        self.console.print()
        self.console.print(report.table(self.places, figures, year))
        self.console.print(report.region_table(report.of_region(judge.published, year)))
        for line in report.paces(pace):
            self.say(line)
        self.done = True
        if self.options.json_file is not None:
            found = report.as_json(self.places, judge.published, pace, year)
            self.options.json_file.parent.mkdir(parents=True, exist_ok=True)
            self.options.json_file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")

    async def greet(self) -> None:
        """Say which pages can be opened, and who may sign in."""
        feedback, notifier = self.platform.address("feedback"), self.platform.address("notifier")
        for name, address in (
            ("résultats de la région", f"{notifier}/structures/{ROOT}"),
            ("donner un avis", f"{feedback}/"),
            ("expériences publiées", f"{feedback}/experiences"),
            ("espace des agents", f"{feedback}/connexion"),
            ("figures as JSON", f"{notifier}/v1/indicators?structure_code={ROOT}&period_kind=year"),
            ("live stream", f"{notifier}/v1/stream"),
            ("mails, not sent", str(self.platform.mails)),
            ("data and logs", str(self.platform.directory)),
        ):
            self.say(f"  {name:<24}{address}")
        for login, password in (await make_accounts(self.platform)).items():
            self.say(f"  {login:<24}{password}")
        self.say("Ctrl-C stops everything")

    def say(self, text: str) -> None:
        """Print a line."""
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def _progress(
        self, text: str, total: int | None = None, *, transient: bool = False
    ) -> Iterator[tuple[Progress, Any]]:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=transient) as progress:
            yield progress, progress.add_task(text, total=total)


async def demo(options: DemoOptions) -> int:
    """Run the demo; the result is the exit status. SIGINT and SIGTERM stop everything in order."""
    console = Console()
    if not console.is_terminal:
        console.width = _PAPER_WIDTH
    run = Demo(options, console)
    working = asyncio.ensure_future(_work(run))
    _listen(run.platform, working)
    try:
        await working
    except asyncio.CancelledError:
        run.say("stopping (again to stop at once)")
        return 0 if run.done else _INTERRUPTED
    finally:
        await run.platform.stop()
    return 0


async def _work(run: Demo) -> None:
    await run.play()
    if run.options.keep:
        await run.greet()
        await asyncio.Event().wait()


def _listen(platform: Platform, working: "asyncio.Future[None]") -> None:
    def on_signal() -> None:
        if not working.cancel():
            platform.kill_all()

    for number in _ENDING:
        asyncio.get_running_loop().add_signal_handler(number, on_signal)
