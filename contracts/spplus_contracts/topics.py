"""The registry of topics: who writes what, where, under which key, for how long.

Topic creation, the AsyncAPI document, access lists and deployment files come from here.
"""

from dataclasses import dataclass
from typing import Final

from spplus_contracts.answers import RequestAnswered
from spplus_contracts.event import Event
from spplus_contracts.feedback import FeedbackSubmitted
from spplus_contracts.indicators import IndicatorComputed
from spplus_contracts.structures import StructureDeclared
from spplus_contracts.withdrawals import FeedbackWithdrawn

PARTITIONS: Final = 12
MAX_MESSAGE_BYTES: Final = 262_144
_DAY_MS: Final = 86_400_000
INBOUND_PREFIX: Final = "spplus.inbound."
INBOUND_PATTERN: Final = r"^spplus\.inbound\.[a-z0-9][a-z0-9-]*\.v1$"

EventClass = type[Event] | type[RequestAnswered]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic and its contract."""

    name: str
    event: EventClass | None
    """Class of the data; none where any refused record may stand."""
    key: str
    """What the key says, for people."""
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    compacted: bool = False
    retention_ms: int = -1
    """-1 keeps all: a rebuild reads the input from its start."""
    partitions: int = PARTITIONS
    max_message_bytes: int = MAX_MESSAGE_BYTES

    def config(self, *, min_insync_replicas: int = 1) -> dict[str, str]:
        """Topic settings for the broker. Time is the broker's: a replay must judge as the first reading did."""
        return {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(self.retention_ms),
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(self.max_message_bytes),
            "min.insync.replicas": str(min_insync_replicas),
        }


FEEDBACK_SUBMITTED = Topic(
    name="spplus.feedback.submitted.v1",
    event=FeedbackSubmitted,
    key="structure code",
    producers=("feedback",),
    consumers=("indicators",),
)
REQUEST_ANSWERED = Topic(
    name="spplus.request.answered.v1",
    event=RequestAnswered,
    key="structure code",
    producers=("feedback",),
    consumers=("feedback", "indicators", "notifier"),
)
FEEDBACK_WITHDRAWN = Topic(
    name="spplus.feedback.withdrawn.v1",
    event=FeedbackWithdrawn,
    key="structure code",
    producers=("feedback",),
    consumers=("indicators", "notifier"),
)
STRUCTURE_DECLARED = Topic(
    name="spplus.structure.declared.v1",
    event=StructureDeclared,
    key="structure code",
    producers=("feedback",),
    consumers=("indicators", "notifier"),
    compacted=True,
)
INDICATOR_COMPUTED = Topic(
    name="spplus.indicator.computed.v1",
    event=IndicatorComputed,
    key="structure|indicator|period kind|period start",
    producers=("indicators",),
    consumers=("notifier", "public results site"),
    compacted=True,
)


def dead_letters(service: str) -> Topic:
    """The dead-letter topic of a service: copies of what it refused, with the reason."""
    return Topic(
        name=f"spplus.{service}.dead-letters.v1",
        event=None,
        key="key of the refused record",
        producers=(service,),
        consumers=("operations",),
        retention_ms=14 * _DAY_MS,
        partitions=1,
        max_message_bytes=2 * MAX_MESSAGE_BYTES,
    )


def inbound(source: str) -> Topic:
    """The topic that another agency's system writes, and nobody else."""
    return Topic(
        name=f"{INBOUND_PREFIX}{source}.v1",
        event=None,
        key="structure code",
        producers=(source,),
        consumers=("feedback",),
        partitions=3,
    )


def source_of_inbound(topic: str) -> str:
    """The source that owns an inbound topic."""
    return topic.removeprefix(INBOUND_PREFIX).removesuffix(".v1")


FORWARDED: Final[tuple[EventClass, ...]] = (FeedbackSubmitted, RequestAnswered, FeedbackWithdrawn)
"""What a source may say on its inbound topic; the rest is for the platform alone."""

CANONICAL: Final = (FEEDBACK_SUBMITTED, REQUEST_ANSWERED, FEEDBACK_WITHDRAWN, STRUCTURE_DECLARED, INDICATOR_COMPUTED)
SERVICES: Final = ("feedback", "indicators", "notifier")
TOPICS: Final = (*CANONICAL, *(dead_letters(service) for service in SERVICES))


def relay_id(service: str) -> str:
    """The transactional id of a service's relay: fixed, so that a relay that was replaced is fenced."""
    return f"spplus-{service}-relay"


def topic_of(event_type: str) -> Topic | None:
    """The canonical topic of a CloudEvents type, if there is one."""
    return _BY_TYPE.get(event_type)


_BY_TYPE: Final = {topic.event.TYPE: topic for topic in CANONICAL if topic.event is not None}
