"""What several agencies' systems write on their inbound topics: opinions, answers, totals, withdrawals, and faults."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from spplus_contracts import BulkAnswers, Envelope, Event, FeedbackWithdrawn, SingleAnswer, StructureDeclared, topic_of
from spplus_feedback.gate_rules import Source
from tests.bench.load import Message, a_story, a_tree, message_of

SOURCES: Final = 4
_SEED: Final = 5
_REFUSED_SHARE: Final = 0.01


@dataclass
class InboundLoad:
    """What goes in, and what must come out."""

    structures: list[StructureDeclared]
    sources: list[Source]
    messages: dict[str, list[Message]] = field(default_factory=dict)
    """By source."""
    forwarded: dict[str, list[str]] = field(default_factory=dict)
    """Ids by canonical topic; an id is told once."""
    refused: Counter[str] = field(default_factory=Counter)
    """Records by reason."""

    @property
    def records(self) -> int:
        """How many go in."""
        return sum(map(len, self.messages.values()))

    @property
    def mean_bytes(self) -> float:
        """Mean size of a record's value."""
        return sum(len(each.value or b"") for some in self.messages.values() for each in some) / self.records


def an_inbound_load(events: int, offices: int, now: datetime) -> InboundLoad:
    """So many records, dealt to the sources in turn; each speaks for a part of the tree of its own."""
    structures = a_tree(offices)
    departments = sum(each.code.startswith("dep") for each in structures)
    sources = [_source(number, departments) for number in range(SOURCES)]
    load = InboundLoad(structures, sources)
    chance = random.Random(_SEED)
    own = [[f"office{n}" for n in range(offices) if n % departments % SOURCES == k] for k in range(SOURCES)]
    for number in range(events):
        k = number % SOURCES
        code = chance.choice(own[k])
        told_at = now - timedelta(seconds=chance.randrange(3600, 30 * 86_400))
        if chance.random() < _REFUSED_SHARE:
            message, reason = _refused(sources[k], chance.choice(own[(k + 1) % SOURCES]), told_at, now, chance)
            load.refused[reason] += 1
        else:
            envelope, event = _granted(sources[k], code, told_at, now, chance)
            message = message_of((envelope, event))  # type: ignore[arg-type] # any event has what it asks for
            topic = topic_of(event.TYPE)
            assert topic is not None
            load.forwarded.setdefault(topic.name, []).append(envelope.id)
        load.messages.setdefault(sources[k].code, []).append(message)
    return load


def _source(number: int, departments: int) -> Source:
    return Source(
        code=f"agency{number}",
        name=f"Agency {number}",
        feedback_kinds=frozenset({"experience"}),
        single_kinds=frozenset({"letter"}),
        bulk_kinds=frozenset({"call"}),
        structure_codes=frozenset(f"dep{n}" for n in range(departments) if n % SOURCES == number),
    )


def _granted(
    source: Source, code: str, told_at: datetime, now: datetime, chance: random.Random
) -> tuple[Envelope, Event]:
    envelope, opinion = a_story(code, told_at, now, chance)
    kind = chance.random()
    event: Event = opinion
    if kind > 0.95:
        event = FeedbackWithdrawn(
            request_id=opinion.request_id, structure_code=code, reason="author", withdrawn_at=told_at
        )
    elif kind > 0.9:
        month = f"{told_at:%Y-%m}"
        event = BulkAnswers(
            form="bulk", structure_code=code, request_kind="call", month=month, received=100, answered=90
        )
    elif kind > 0.6:
        event = _answer(opinion.request_id, code, told_at)
    return envelope._replace(source=source.code, type=event.TYPE), event


def _answer(request_id: str, code: str, told_at: datetime) -> SingleAnswer:
    return SingleAnswer.model_validate(
        {
            "form": "single",
            "request_id": request_id,
            "request_kind": "letter",
            "structure_code": code,
            "channel": "mail",
            "received_at": told_at - timedelta(days=3),
            "outcome": "answered",
            "answered_at": told_at,
        }
    )


def _refused(
    source: Source, foreign: str, told_at: datetime, now: datetime, chance: random.Random
) -> tuple[Message, str]:
    envelope, event = _granted(source, foreign, told_at, now, chance)
    message = message_of((envelope, event))  # type: ignore[arg-type] # any event has what it asks for
    if chance.random() < 0.1:
        return Message(message.key, (message.value or b"")[:-5], message.headers), "bad_json"
    return message, "outside_part"
