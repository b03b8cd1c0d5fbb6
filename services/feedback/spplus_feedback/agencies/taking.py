"""Taking the events of a call: read, judged, known again, written to the outbox and counted, all or nothing."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from spplus_chassis import metrics, outbox
from spplus_chassis.database import UNREACHABLE, Connection, Pool
from spplus_chassis.outbox import OutboxRow
from spplus_chassis.records import Refused
from spplus_contracts import EnvelopeError
from spplus_feedback.access import EVENT_SCOPES, WHOLE_SOURCE, ApiKey
from spplus_feedback.agencies import taken
from spplus_feedback.agencies.calls import Said
from spplus_feedback.agencies.taken import Identity
from spplus_feedback.deadlines import paris_day
from spplus_feedback.gate_rules import Verdict, at_fault
from spplus_feedback.group_commit import GroupCommit
from spplus_feedback.hearing import Heard, Judges, Session, count_accepted, forwarded, hash_of, hear
from spplus_feedback.source_counts import ACCEPTED, DUPLICATE, Counts, add_counts

DOOR: Final = "http"
_BREATH: Final = 100
"""Events read before others get their turn."""
_ID_REUSED: Final = at_fault("id_reused", "id", "was used for another event")


class Result(NamedTuple):
    """What became of one event."""

    event_id: str | None
    verdict: Verdict | None
    """Why it was refused."""
    duplicate: bool = False
    """Whether it had been taken before."""

    @property
    def name(self) -> str:
        """`ACCEPTED`, `DUPLICATE` or the reason of the refusal."""
        if self.verdict is not None:
            return self.verdict.reason
        return DUPLICATE if self.duplicate else ACCEPTED


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose events are read."""

    key: ApiKey
    source: str
    """The system that the key speaks for."""
    arrived_at: datetime
    events: Sequence["Read"]


class Read(NamedTuple):
    """One event of a call: what it says, or why nobody can tell."""

    event_id: str | None
    heard: Heard | None
    fault: Verdict | None
    payload: bytes = b""
    """The event built anew, where it is valid."""
    said_hash: bytes = b""


async def read_all(said: Iterable[Said], source: str) -> list[Read]:
    """Read the data of events. Raises `UnreadableCall` where the call breaks off."""
    events = []
    for each in said:
        events.append(_read(each, source))
        if len(events) % _BREATH == 0:
            await asyncio.sleep(0)
    return events


class Taking:
    """The way in for calls: those that arrive while one transaction runs share the next one."""

    def __init__(self, pool: Callable[[], Pool], *, wake: Callable[[], None], capacity: int, group: int) -> None:
        """`capacity` and `group` in events; `wake` is called after a commit that has something to send."""
        self._pool = pool
        self._wake = wake
        self._judges = Judges()
        self._calls: GroupCommit[Call, list[Result]] = GroupCommit(
            self._flush,
            capacity=capacity,
            group=group,
            hopeless=UNREACHABLE,
            weigh=lambda call: len(call.events),
        )

    async def run(self) -> None:
        """Commit for ever."""
        await self._calls.run()

    async def take(self, call: Call) -> list[Result]:
        """Wait until the call is safe. Raises `group_commit.Overloaded` or a fault of the database."""
        return await self._calls.submit(call)

    async def _flush(self, calls: Sequence[Call]) -> Sequence[list[Result]]:
        async with self._pool().acquire() as connection, connection.transaction():
            results, rows = await self._take_all(connection, calls)
        count_accepted(rows, "events")
        for name, count in Counter(result.name for each in results for result in each).items():
            metrics.EVENTS_JUDGED.labels(name).inc(count)
        if rows:
            self._wake()
        return results

    async def _take_all(
        self, connection: Connection, calls: Sequence[Call]
    ) -> tuple[list[list[Result]], list[OutboxRow]]:
        last = max(call.arrived_at for call in calls)
        heard = [event.heard for call in calls for event in call.events if event.heard is not None]
        session = await self._judges.convene(connection, heard, last)
        judged = [_judged(call, session) for call in calls]
        first = _first_of_each(calls, judged)
        fresh = await taken.claim(connection, first, last)
        said = await _known(connection, calls, fresh)
        said |= {identity: first[identity] for identity in fresh}
        results, rows = [], []
        for call, verdicts in zip(calls, judged, strict=True):
            told = [
                _result(call.source, event, verdict, said, fresh)
                for event, verdict in zip(call.events, verdicts, strict=True)
            ]
            results.append([result for result, _ in told])
            rows += [row for _, row in told if row is not None]
        await outbox.append(connection, rows)
        await add_counts(connection, _counts(calls, results), door=DOOR, day=paris_day(last), at=last)
        return results, rows


def _read(said: Said, source: str) -> Read:
    if said.envelope is None:
        return Read(said.event_id, None, _of_envelope(said.fault))
    try:
        heard = hear(said.envelope, said.data, owner=source)
    except Refused as refused:
        return Read(said.event_id, None, Verdict(refused.reason, refused.detail, refused.errors))
    if heard.event is None:
        return Read(said.envelope.id, heard, None)
    payload = heard.event.to_json()
    return Read(said.envelope.id, heard, None, payload, hash_of(heard.event, payload))


def _of_envelope(fault: EnvelopeError | None) -> Verdict:
    if fault is None:
        return Verdict("bad_json", "the event is not JSON")
    return Verdict(fault.reason, str(fault), ((fault.attribute, str(fault)),) if fault.attribute else ())


def _judged(call: Call, session: Session) -> list[Verdict | None]:
    speaker = session.speaker(call.source, None if call.key.structure_code == WHOLE_SOURCE else call.key.structure_code)
    verdicts: list[Verdict | None] = []
    for event in call.events:
        if event.heard is None:
            verdicts.append(event.fault)
            continue
        scope = EVENT_SCOPES.get(event.heard.envelope.type)
        if scope is not None and scope.value not in call.key.scopes:
            verdicts.append(at_fault("scope_missing", "type", "is not among the scopes of the key"))
        else:
            verdicts.append(session.judge(event.heard, speaker, call.arrived_at))
    return verdicts


def _first_of_each(calls: Sequence[Call], judged: Sequence[Sequence[Verdict | None]]) -> dict[Identity, bytes]:
    """The events that may be said, each id once: of two with one id the first is the event."""
    first: dict[Identity, bytes] = {}
    for call, verdicts in zip(calls, judged, strict=True):
        for event, verdict in zip(call.events, verdicts, strict=True):
            if verdict is None and event.event_id is not None:
                first.setdefault(Identity(call.source, event.event_id), event.said_hash)
    return first


async def _known(connection: Connection, calls: Sequence[Call], fresh: set[Identity]) -> dict[Identity, bytes]:
    """What was said before under the ids that were not free, and under those of refused events.

    An event that was accepted stays accepted when it comes again, whatever the register says by now.
    """
    asked = {
        Identity(call.source, event.event_id)
        for call in calls
        for event in call.events
        if event.event_id is not None and event.said_hash
    }
    return await taken.known(connection, asked - fresh)


def _result(
    source: str, event: Read, verdict: Verdict | None, said: dict[Identity, bytes], fresh: set[Identity]
) -> tuple[Result, OutboxRow | None]:
    """What became of an event; the first one of a fresh identity takes it out of `fresh`."""
    identity = Identity(source, event.event_id or "")
    if event.heard is not None and event.said_hash and said.get(identity) == event.said_hash:
        if verdict is None and identity in fresh:
            fresh.discard(identity)
            return Result(event.event_id, None), forwarded(event.heard, event.payload)
        return Result(event.event_id, None, duplicate=True), None
    return Result(event.event_id, verdict or _ID_REUSED), None


def _counts(calls: Sequence[Call], results: Sequence[Sequence[Result]]) -> Counts:
    counts: Counts = Counter()
    for call, each in zip(calls, results, strict=True):
        counts.update((call.source, result.name) for result in each)
    return counts
