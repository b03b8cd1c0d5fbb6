"""Who may do what on the brokers: the least that each needs, from the registry of topics and the register of sources.

Kafka's rules: what is not allowed is refused; whoever may read or write something may also describe it; whoever may
write any topic may use an idempotent producer, and a transactional one under the transactional ids granted to him.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from spplus_contracts.topics import INBOUND_PREFIX, SERVICES, TOPICS, inbound, relay_id

OPERATIONS: Final = "operations"
_GATE: Final = "feedback"
"""The service that reads what other systems write, and makes their topics."""


class Resource(StrEnum):
    """Kinds of things that are guarded, as Kafka's own command names them."""

    TOPIC = "topic"
    GROUP = "group"
    TRANSACTIONAL_ID = "transactional-id"


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that is allowed."""

    resource: Resource
    name: str
    operations: tuple[str, ...]
    """Kafka's names: Read, Write, Create, Describe."""
    prefixed: bool = False
    """Whether it holds for all names that begin so."""


@dataclass(frozen=True, slots=True)
class Principal:
    """One who connects to the brokers."""

    name: str
    """Without the platform's own prefix: ``feedback``, ``source-<code>``; one of each, whatever a source is called."""
    rules: tuple[Rule, ...]


def access_lists(sources: Iterable[str] = (), prefix: str = "") -> list[Principal]:
    """Everybody and what they may do: services, operations, other readers of the registry, other systems by code.

    `prefix` stands before each topic, group and transactional id.
    """
    others = sorted({each for topic in TOPICS for each in topic.consumers} - {*SERVICES, OPERATIONS})
    return [
        *(Principal(service, _of_service(service, prefix)) for service in SERVICES),
        Principal(OPERATIONS, _of_operations(prefix)),
        *(Principal(_slug(other), (*_read(other, prefix), *_groups(_slug(other), prefix))) for other in others),
        *(of_source(code, prefix) for code in sorted(sources)),
    ]


def of_source(code: str, prefix: str = "") -> Principal:
    """Another agency's system: it writes its own inbound topic, and nothing else."""
    return Principal(f"source-{code}", (Rule(Resource.TOPIC, prefix + inbound(code).name, ("Write",)),))


def _of_service(service: str, prefix: str) -> tuple[Rule, ...]:
    # A relay that takes over reads the topics that it writes: what does the bus hold that the database does not know?
    written = tuple(
        Rule(Resource.TOPIC, prefix + topic.name, ("Read", "Write")) for topic in TOPICS if service in topic.producers
    )
    gate = (Rule(Resource.TOPIC, prefix + INBOUND_PREFIX, ("Read", "Create"), prefixed=True),)
    own = {rule.name for rule in written}
    return (
        *written,
        *(rule for rule in _read(service, prefix) if rule.name not in own),
        *(gate if service == _GATE else ()),
        *_groups(service, prefix),
        Rule(Resource.TRANSACTIONAL_ID, prefix + relay_id(service), ("Write",)),
    )


def _of_operations(prefix: str) -> tuple[Rule, ...]:
    """Makes the topics of the registry and reads the dead letters."""
    made = (
        Rule(
            Resource.TOPIC,
            prefix + topic.name,
            ("Create", "Describe", *(("Read",) if OPERATIONS in topic.consumers else ())),
        )
        for topic in TOPICS
    )
    return (*made, *_groups(OPERATIONS, prefix))


def _read(consumer: str, prefix: str) -> tuple[Rule, ...]:
    return tuple(
        Rule(Resource.TOPIC, prefix + topic.name, ("Read",)) for topic in TOPICS if consumer in topic.consumers
    )


def _groups(name: str, prefix: str) -> tuple[Rule, ...]:
    """Consumers are called after who runs them: by the name itself, or beginning with it and a dash."""
    return (
        Rule(Resource.GROUP, prefix + name, ("Read",)),
        Rule(Resource.GROUP, f"{prefix}{name}-", ("Read",), prefixed=True),
    )


def _slug(words: str) -> str:
    return words.replace(" ", "-")
