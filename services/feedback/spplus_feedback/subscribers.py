"""What feedback hears on the bus: answers that were given to its stories elsewhere."""

from collections.abc import Sequence

from spplus_chassis.database import Connection
from spplus_chassis.delivery import Subscription
from spplus_chassis.reading import read_event
from spplus_chassis.records import Batch, Refused
from spplus_chassis.sql_values import is_uuid
from spplus_contracts import SingleAnswer
from spplus_contracts.topics import REQUEST_ANSWERED
from spplus_contracts.vocabulary import PLATFORM_SOURCE
from spplus_feedback.handlers import record_statements
from spplus_feedback.standing import Said, said_by

Heard = Sequence[tuple[str, Said]]


def answers() -> Subscription[Heard, None]:
    """Follow the answers of the whole platform and keep those about our stories."""
    return Subscription(name="feedback", topics=(REQUEST_ANSWERED.name,), prepare=heard_in, apply=on_requests_answered)


def heard_in(batch: Batch) -> Heard:
    """The statements about requests of the platform; the rest belongs to others."""
    heard = []
    for record in batch.records:
        try:
            envelope, event = read_event(record)
        except Refused as refused:
            batch.refuse(record, refused.reason, refused.detail)
            continue
        if not isinstance(event, SingleAnswer) or (event.request_source or envelope.source) != PLATFORM_SOURCE:
            continue
        if is_uuid(event.request_id):
            heard.append((event.request_id, said_by(event, source=envelope.source, event_id=envelope.id)))
    return heard


async def on_requests_answered(connection: Connection, _batch: Batch, heard: Heard) -> None:
    """Keep the statements in the batch's transaction."""
    await record_statements(connection, heard)
