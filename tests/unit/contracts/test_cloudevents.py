"""The CloudEvents SDK reads what we emit, and we read what it emits, in both modes."""

import json

import pytest
from cloudevents.core.bindings.kafka import (
    KafkaMessage,
    from_kafka_event,
    to_binary_event,
    to_structured_event,
)
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given

from spplus_contracts import Event, structured, unwrap
from tests.support.builders import a_feedback, an_answer, an_envelope
from tests.support.strategies import events

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def read_by_sdk(event: Event, headers: dict[str, bytes], value: bytes) -> None:
    envelope = an_envelope(event)
    read = from_kafka_event(KafkaMessage(headers=headers, key=event.key, value=value))
    assert read.get_id() == envelope.id
    assert read.get_source() == envelope.source
    assert read.get_type() == envelope.type
    assert read.get_time() == envelope.time
    assert read.get_subject() == envelope.subject
    assert read.get_datacontenttype() == "application/json"
    assert read.get_data() == json.loads(event.to_json())


@given(events())
def test_the_sdk_reads_our_binary_mode(event: Event) -> None:
    read_by_sdk(event, dict(an_envelope(event).headers()), event.to_json())


@given(events())
def test_the_sdk_reads_our_structured_mode(event: Event) -> None:
    headers = {"content-type": b"application/cloudevents+json"}
    read_by_sdk(event, headers, structured(an_envelope(event), event.to_json()))


@pytest.mark.parametrize("mode", [to_binary_event, to_structured_event])
@pytest.mark.parametrize("event", [a_feedback(), an_answer()], ids=lambda event: event.TYPE)
def test_we_read_what_the_sdk_emits(event: Event, mode: type[KafkaMessage]) -> None:
    expected = an_envelope(event, source="caisse-regionale", traceparent=TRACE)
    emitted = CloudEvent(
        attributes={
            "id": expected.id,
            "source": expected.source,
            "type": expected.type,
            "time": expected.time,
            "subject": expected.subject,
            "datacontenttype": "application/json",
            "specversion": "1.0",
            "traceparent": TRACE,
        },
        data=json.loads(event.to_json()),
    )
    message = mode(emitted)
    envelope, data = unwrap(message.headers.items(), message.value)
    assert envelope == expected
    assert type(event).check_json(data) == event
