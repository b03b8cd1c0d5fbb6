"""Plays the year: citizens and agents over HTTP, agencies on their inbound topics, a retrying client among them."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from spplus_contracts.vocabulary import PLATFORM_SOURCE, RequestKind
from spplus_embedded.demo.doors import HttpDoor, InboundDoor, RefusedError
from spplus_embedded.demo.facts import DESK, HTTP, Story, Year
from spplus_embedded.demo.voice import (
    Request,
    Spoken,
    acted,
    answer_body,
    counted,
    marked,
    paper,
    posted,
    request_of,
    said,
    story_body,
    told,
    withdrawn_by_code,
)

CITIZENS: Final = 32
"""Requests over HTTP at once."""
_TOPIC_CHUNK: Final = 4_000


@dataclass
class Heard:
    """What the doors accepted, for the judge, and how often."""

    spoken: list[Spoken] = field(default_factory=list)
    """Each statement once, also where it was sent twice."""
    http_stories: int = 0
    source_stories: int = 0
    marks: int = 0
    """Answers to surveys and ratings of procedures."""
    repeats: int = 0
    """Sent once more by clients that were not sure."""

    @property
    def stories(self) -> int:
        """Stories accepted at all doors."""
        return self.http_stories + self.source_stories


Advance = Callable[[int], None]


def size(year: Year) -> int:
    """How many steps `play` takes."""
    acts = sum(len(story.acts) for story in year.stories) + sum(len(letter.acts) for letter in year.letters)
    extras = sum((story.corrected_to is not None) + (story.withdrawn_at is not None) for story in year.stories)
    marks = sum(1 + (mark.corrected_to is not None) + mark.retracted for mark in year.marks)
    return len(year.stories) + extras + acts + marks + len(year.totals)


@dataclass
class Player:
    """Plays a year once."""

    http: HttpDoor
    inbound: InboundDoor
    agent_key: str
    advance: Advance
    run: str
    """Distinguishes the clients' keys of this run."""
    heard: Heard = field(default_factory=Heard)

    async def play(self, year: Year) -> Heard:
        """Say everything and wait until every door has taken it."""
        citizens = iter([story for story in year.stories if story.door == HTTP])
        async with asyncio.TaskGroup() as group:
            group.create_task(self._agencies(year))
            for _ in range(CITIZENS):
                group.create_task(self._citizen(citizens))
        await self.inbound.settle()
        self.heard.source_stories = sum(story.door != HTTP for story in year.stories)
        self.heard.marks = len(year.marks)
        return self.heard

    async def _agencies(self, year: Year) -> None:
        """Everything that agencies' systems say of their own: stories, what became of them, letters, marks, totals."""
        for rank, (source, spoken, repeated) in enumerate(by_sources(year)):
            await self._on_topic(source, spoken)
            if repeated:
                await self.inbound.say(source, spoken)
                self.heard.repeats += 1
            if rank % _TOPIC_CHUNK == 0:
                await self.inbound.settle()

    async def _citizen(self, stories: Iterator[Story]) -> None:
        for story in stories:
            await self._tell(story)

    async def _tell(self, story: Story) -> None:
        """One story over HTTP, all that becomes of it, and its withdrawal."""
        body, headers = story_body(story), {"Idempotency-Key": f"{self.run}-story-{story.number:08d}"}
        accepted = await self.http.post("/v1/feedback", body, headers)
        self._keep(posted(story, accepted))
        self.heard.http_stories += 1
        if story.repeated:
            again = await self.http.post("/v1/feedback", body, headers)
            if again != accepted:
                raise RefusedError("a story that was sent again got another answer than the first time")
            self.heard.repeats += 1
        request_id = accepted["requests"][0]["request_id"]
        request = Request(PLATFORM_SOURCE, request_id, RequestKind.EXPERIENCE, story.submitted_at)
        if story.answered_through == DESK:
            await self._at_desk(story, request)
        else:
            for spoken in acted(story.acts, request, story.answered_through):
                await self._on_topic(story.answered_through, spoken)
        if story.withdrawn_at is not None:
            await self.http.delete(f"/v1/feedback/{accepted['code']}")
            self._keep(withdrawn_by_code(story, request_id, story.withdrawn_at))

    async def _at_desk(self, story: Story, request: Request) -> None:
        headers = {"Authorization": f"Bearer {self.agent_key}"}
        for rank, act in enumerate(story.acts):
            statement_id = f"act-{rank}-of-{request.request_id}"
            body = answer_body(act, statement_id=statement_id)
            await self.http.post(f"/v1/requests/{request.request_id}/answer", body, headers)
            self._keep(said(act, request, PLATFORM_SOURCE, statement_id=statement_id))

    async def _on_topic(self, source: str, spoken: Spoken) -> None:
        await self.inbound.say(source, spoken)
        self._keep(spoken)

    def _keep(self, spoken: Spoken) -> None:
        self.heard.spoken.append(spoken)
        self.advance(1)


def by_sources(year: Year) -> Iterator[tuple[str, Spoken, bool]]:
    """What sources say of their own, and whether they say it twice."""
    own = [story for story in year.stories if story.door != HTTP]
    for story in own:
        for spoken in chain(told(story), acted(story.acts, request_of(story), story.door)):
            yield story.door, spoken, story.repeated
    for letter in year.letters:
        for spoken in paper(letter):
            yield letter.source, spoken, False
    for mark in year.marks:
        for spoken in marked(mark):
            yield mark.source, spoken, False
    for totals in year.totals:
        yield totals.source, counted(totals), False
