"""The official file of experiences becomes stories, through the handlers that the HTTP door uses.

Every identifier derives from the official id, so a second run, or a run after an interruption, finds what is there
and adds only what is missing. No row is dropped: what cannot be placed is attached to the nearest thing and reported.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from spplus_chassis.database import Connection, Pool
from spplus_contracts.vocabulary import Outcome
from spplus_feedback import submitting
from spplus_feedback.answering import Statement
from spplus_feedback.idempotency import fingerprint
from spplus_feedback.imports import checkpoint, repository
from spplus_feedback.imports.answers import Became, ImportedAnswer, tell_answers
from spplus_feedback.imports.checkpoint import Unfinished
from spplus_feedback.imports.experience_rows import NamedStructure, ToldExperience, told_experience
from spplus_feedback.imports.placement import FALLBACK_CODE, KnownStructure, Placer, hors_structures
from spplus_feedback.imports.rehearsal import transaction
from spplus_feedback.imports.report import Remark, Report
from spplus_feedback.imports.table import Row, Unreadable
from spplus_feedback.official_columns import PROCEDURES
from spplus_feedback.stories import Accepted, Address, Opinion, Submission, Texts
from spplus_feedback.structures_queries import known_structures, parents_on
from spplus_feedback.structures_repository import declare_structures

_CHUNK: Final = 1_000


@dataclass(frozen=True, slots=True)
class Placed:
    """An experience with the structure that each of its requests goes to."""

    told: ToldExperience
    requests: tuple[tuple[NamedStructure, str], ...]
    """What the row names, and the code it counts under; no code twice."""


@dataclass(slots=True)
class ExperiencesImport:
    """One run. Memory holds the names of the structures and one chunk of rows."""

    pool: Callable[[], Pool]
    report: Report
    now: datetime
    today: date
    """The day of `now` in Paris."""
    fallback: str = FALLBACK_CODE
    dry_run: bool = False
    moderate: bool = False
    """Whether the texts wait for a moderator here. The official file is public, so they are public here too."""
    fingerprint: bytes | None = None
    """Of the file, where a run that was cut short is to go on; None reads all of it."""
    after_chunk: Callable[[], None] = lambda: None
    """Called after each transaction, to show the progress."""
    _placer: Placer = field(default_factory=lambda: Placer((), {}))
    _fallback_stands: bool = False

    async def run(self, rows: Iterable[Row | Unreadable]) -> int:
        """Import all rows, after those of a run that was cut short; gives the count of these.

        Raises nothing for a bad row: it is reported.
        """
        await self._learn_structures()
        reached = before = await self._where_it_stopped()
        source = iter(rows)
        deque(islice(source, before.rows_done), maxlen=0)
        self.report.counts.update(before.counts)
        self.report.reasons.update(before.reasons)
        while chunk := list(islice(source, _CHUNK)):
            placed = self._read(chunk)
            async with self.pool().acquire() as connection, transaction(connection, dry_run=self.dry_run):
                await self._store(connection, placed)
                reached = replace(
                    before,
                    rows_done=reached.rows_done + len(chunk),
                    counts=self.report.counts,
                    reasons=self.report.reasons,
                )
                await self._write_down(connection, reached)
            self.after_chunk()
        async with self.pool().acquire() as connection, transaction(connection, dry_run=self.dry_run):
            await self._write_down(connection, reached, finished=True)
        return before.rows_done

    async def _where_it_stopped(self) -> Unfinished:
        before = None
        if self.fingerprint is not None:
            async with self.pool().acquire() as connection:
                before = await checkpoint.unfinished(connection, self.fingerprint)
        return before or Unfinished(0, Counter(), Counter(), self.now)

    async def _write_down(self, connection: Connection, reached: Unfinished, *, finished: bool = False) -> None:
        if self.fingerprint is not None:
            ended_at = self.now if finished else None
            await checkpoint.save(connection, self.fingerprint, reached, finished_at=ended_at)

    async def _learn_structures(self) -> None:
        async with self.pool().acquire() as connection:
            structures = await known_structures(connection)
            parents = await parents_on(connection, self.today)
        self._placer = Placer((KnownStructure(**one) for one in structures), parents, fallback=self.fallback)
        self._fallback_stands = self.fallback in parents

    def _read(self, rows: Sequence[Row | Unreadable]) -> list[Placed]:
        placed: dict[str, Placed] = {}
        for row in rows:
            self.report.counts["rows"] += 1
            told = row if isinstance(row, Unreadable) else told_experience(row, now=self.now)
            if isinstance(told, Unreadable):
                self.report.unreadable(told)
            elif told.official_id in placed:
                self.report.counts["repeated"] += 1
                self._remark(told, "duplicate_id", detail="the first row of an id counts")
            else:
                placed[told.official_id] = self._place(told)
        return list(placed.values())

    def _place(self, told: ToldExperience) -> Placed:
        for doubt in told.doubts:
            self._remark(told, doubt, detail="imported without it")
        requests: dict[str, NamedStructure] = {}
        for named in told.structures:
            placement = self._placer.place(named.title, named.typology)
            code = placement.structure_code
            if placement.reason is not None:
                self._remark(told, placement.reason, named=named, code=code)
            if code not in requests:
                requests[code] = named
                continue
            self._remark(told, "same_structure", named=named, code=code, detail="counted once for this structure")
            requests[code] = _merged(requests[code], named)
        return Placed(told, tuple((named, code) for code, named in requests.items()))

    async def _store(self, connection: Connection, placed: Sequence[Placed]) -> None:
        ours = await repository.told_here(connection, [one.told.official_id for one in placed])
        if ours:
            self.report.counts["known"] += len(ours)
        placed = [one for one in placed if one.told.official_id not in ours]
        await self._declare_fallback(connection, placed)
        submissions = [_submission(one, self.now, moderate=self.moderate) for one in placed]
        outcomes = await submitting.submit_feedbacks(connection, submissions, default_days=0)
        for one, outcome in zip(placed, outcomes, strict=True):
            fresh = isinstance(outcome, Accepted) and outcome.fresh
            self.report.counts["new" if fresh else "known"] += 1
            self.report.counts["requests"] += len(one.requests) if fresh else 0
        await repository.keep_rows(connection, [_row(one.told, moderate=self.moderate) for one in placed])
        await self._answer(connection, placed)

    async def _declare_fallback(self, connection: Connection, placed: Sequence[Placed]) -> None:
        needed = any(code == self.fallback for one in placed for _, code in one.requests)
        if needed and not self._fallback_stands:
            await declare_structures(connection, [hors_structures()], now=self.now)
            self._fallback_stands = not self.dry_run

    async def _answer(self, connection: Connection, placed: Sequence[Placed]) -> None:
        said = [(one.told, named) for one in placed for named, _ in one.requests if named.answered]
        told = [
            (told, named, ImportedAnswer(told.request_id(named.position), _statement(told, named, told.answered_at)))
            for told, named in said
            if told.answered_at is not None
        ]
        became = await tell_answers(connection, [answer for _, _, answer in told], now=self.now)
        for (one, named, _), fate in zip(told, became, strict=True):
            self.report.counts["answers"] += fate is Became.NEW
            if fate is Became.CHANGED:
                self._remark(one, "answer_changed", named=named, detail="the answer imported first is kept")
            if fate is Became.IMPOSSIBLE:
                self._remark(one, "answer_before_experience", named=named, detail="imported without the answer")

    def _remark(
        self,
        told: ToldExperience,
        reason: str,
        *,
        named: NamedStructure | None = None,
        code: str = "",
        detail: str = "",
    ) -> None:
        self.report.remark(
            Remark(
                line=told.line,
                row=told.official_id,
                reason=reason,
                position=named.position if named else None,
                named=(named.title or named.typology) if named else "",
                attached_to=code,
                detail=detail,
            )
        )


def _merged(first: NamedStructure, other: NamedStructure) -> NamedStructure:
    return replace(
        first,
        channels=first.channels | other.channels,
        answered=first.answered or other.answered,
        answer_text=first.answer_text or other.answer_text,
    )


def _statement(told: ToldExperience, named: NamedStructure, answered_at: datetime) -> Statement:
    return Statement(
        statement_id=told.answer_id(named.position),
        outcome=Outcome.ANSWERED,
        said_at=answered_at,
        body_hash=fingerprint({"answered_at": answered_at, "answer": named.answer_text}),
        answer=named.answer_text,
    )


def _row(told: ToldExperience, *, moderate: bool) -> dict[str, Any]:
    """The cells to keep; those in the author's own words only where they are public already."""
    cells = {column: text for column, text in told.cells.items() if not (moderate and column == PROCEDURES)}
    return {
        "feedback_id": told.feedback_id,
        "official_id": told.official_id,
        "cells": cells,
        "wordless": not (told.title or told.story),
    }


def _submission(placed: Placed, now: datetime, *, moderate: bool) -> Submission:
    told = placed.told
    return Submission(
        feedback_id=told.feedback_id,
        addresses=tuple(
            Address(told.request_id(named.position), code, named.channels) for named, code in placed.requests
        ),
        submitted_at=told.written_at,
        accepted_at=now,
        opinion=Opinion(
            sentiment=told.sentiment,
            dimensions=told.dimensions,
            department=told.department,
            country=told.country,
            answer_expected=told.answer_expected,
        ),
        texts=Texts(title=told.title or None, story=told.story or None),
        published_at=None if moderate else told.published_at,
    )
