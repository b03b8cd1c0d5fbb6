"""The time from acceptance to publication: a steady stream of citizens, each watched until the figure counts him."""

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Final

import httpx

from spplus_chassis.french import PARIS
from spplus_contracts.vocabulary import Author, Channel, PeriodKind, Sentiment
from spplus_embedded.demo.doors import HttpDoor
from spplus_embedded.demo.facts import DESK, HTTP, Story
from spplus_embedded.demo.player import Heard
from spplus_embedded.demo.tree import Place
from spplus_embedded.demo.voice import posted, story_body
from spplus_embedded.errors import PartsError
from spplus_embedded.expected import Expected, Key

_PATIENCE_SECONDS: Final = 120.0
_FEELINGS: Final = {Sentiment.POSITIVE: 0.68, Sentiment.NEUTRAL: 0.1, Sentiment.NEGATIVE: 0.22}
Shelf = tuple[str, str]
"""A structure and the first day of a month: one figure that counts experiences."""


@dataclass
class Watch:
    """What the live stream has shown, and who waits for it."""

    shown: dict[Shelf, int]
    waiting: defaultdict[Shelf, list[tuple[int, float, asyncio.Future[float]]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def see(self, figure: dict[str, Any], at: float) -> None:
        """Take a figure of the stream."""
        period = figure["period"]
        if figure["indicator_code"] != "experience_count" or period["kind"] != PeriodKind.MONTH:
            return
        shelf = (figure["structure_code"], period["start"])
        self.shown[shelf] = int(figure["value"])
        kept = []
        for needed, since, done in self.waiting[shelf]:
            if self.shown[shelf] >= needed and not done.done():
                done.set_result(max(0.0, at - since))
            elif not done.done():
                kept.append((needed, since, done))
        self.waiting[shelf] = kept

    def wait_for(self, shelf: Shelf, needed: int) -> "asyncio.Future[float]":
        """Seconds from now until the stream shows at least this count."""
        done: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        if self.shown.get(shelf, 0) >= needed:
            done.set_result(0.0)
        else:
            self.waiting[shelf].append((needed, time.perf_counter(), done))
        return done


@dataclass
class Steady:
    """Citizens at a steady rate, each with a story about a place without others below it."""

    citizens: HttpDoor
    publication_address: str
    places: Sequence[Place]
    expected: dict[Key, Expected]
    """The figures as they stand before."""
    heard: Heard
    run: str
    chance: Random
    _begun: Counter[str] = field(default_factory=Counter, init=False)
    _number: int = field(default=0, init=False)

    async def measure(self, *, per_second: int, seconds: float, advance: Callable[[int], None]) -> list[float]:
        """Seconds from each 202 to the figure on the stream that surely counts it; PartsError if one never shows."""
        standing = {
            (key.structure_code, key.period_start.isoformat()): figure.n
            for key, figure in self.expected.items()
            if key.indicator_code == "experience_count" and key.period_kind is PeriodKind.MONTH
        }
        watch = Watch(dict(standing))
        opened = asyncio.Event()
        reading = asyncio.create_task(self._read(watch, opened))
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await opened.wait()
            waits = await self._send(watch, standing, per_second, int(per_second * seconds), advance)
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return list(await asyncio.gather(*waits))
        except TimeoutError as error:
            raise PartsError("the live stream did not show every accepted story in time") from error
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    async def _send(
        self, watch: Watch, standing: dict[Shelf, int], per_second: int, total: int, advance: Callable[[int], None]
    ) -> "list[asyncio.Future[float]]":
        """Each at its own instant, whether or not those before it have been answered."""
        start = time.perf_counter()
        tasks = []
        for number in range(total):
            pause = start + number / per_second - time.perf_counter()
            if pause > 0:
                await asyncio.sleep(pause)
            tasks.append(asyncio.create_task(self._tell(watch, standing)))
            advance(1)
        return list(await asyncio.gather(*tasks))

    async def _tell(self, watch: Watch, standing: dict[Shelf, int]) -> "asyncio.Future[float]":
        story = self._story()
        self._begun[story.structure_code] += 1
        body = story_body(story)
        del body["submitted_at"]
        accepted = await self.citizens.post(
            "/v1/feedback", body, {"Idempotency-Key": f"{self.run}-steady-{story.number:06d}"}
        )
        submitted_at = datetime.fromisoformat(accepted["submitted_at"])
        month = submitted_at.astimezone(PARIS).date().replace(day=1).isoformat()
        shelf = (story.structure_code, month)
        self.heard.spoken.append(posted(story, accepted))
        self.heard.http_stories += 1
        # Whoever began before this answer is counted in as well: the figure that holds all of them surely holds this.
        return watch.wait_for(shelf, standing.get(shelf, 0) + self._begun[story.structure_code])

    def _story(self) -> Story:
        self._number += 1
        return Story(
            number=self._number,
            structure_code=self.chance.choice(self.places).code,
            door=HTTP,
            submitted_at=datetime.now(PARIS),
            sentiment=self.chance.choices(list(_FEELINGS), list(_FEELINGS.values()))[0],
            author=Author.CITIZEN,
            channels=frozenset({Channel.DESK}),
            engagements=frozenset(),
            answer_expected=True,
            due_on=None,
            answered_through=DESK,
        )

    async def _read(self, watch: Watch, opened: asyncio.Event) -> None:
        """Read the stream, and come back with the last number where it breaks."""
        last: str | None = None
        async with httpx.AsyncClient(base_url=self.publication_address, timeout=60.0, trust_env=False) as client:
            while True:
                headers = {} if last is None else {"Last-Event-ID": last}
                parameters = {"indicator_code": "experience_count"}
                with suppress(httpx.TransportError):
                    async with client.stream("GET", "/v1/stream", params=parameters, headers=headers) as answer:
                        answer.raise_for_status()
                        async for line in answer.aiter_lines():
                            name, _, text = line.partition(": ")
                            if name == "id":
                                last = text
                                opened.set()
                            elif name == "data" and text.startswith("{") and "indicator_code" in text:
                                watch.see(json.loads(text), time.perf_counter())
                await asyncio.sleep(0.2)


def leaves(places: Sequence[Place]) -> list[Place]:
    """Places that serve the public and have none below them."""
    parents = {place.parent for place in places}
    return [place for place in places if place.serves and place.code not in parents]
