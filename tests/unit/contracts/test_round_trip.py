"""What a writer writes, a reader reads back unchanged, through JSON and both modes of the envelope."""

import json

from hypothesis import given

from spplus_contracts import Event, structured, unwrap
from tests.support.builders import an_envelope
from tests.support.strategies import events


@given(events())
def test_an_event_survives_its_own_json(event: Event) -> None:
    assert type(event).read_json(event.to_json()) == event


@given(events())
def test_an_event_survives_the_gate(event: Event) -> None:
    assert type(event).check_json(event.to_json()) == event


@given(events())
def test_binary_mode_is_read_back(event: Event) -> None:
    envelope = an_envelope(event)
    assert unwrap(envelope.headers(), event.to_json()) == (envelope, event.to_json())


@given(events())
def test_structured_mode_is_read_back(event: Event) -> None:
    envelope = an_envelope(event)
    headers = [("content-type", b"application/cloudevents+json; charset=utf-8")]
    read, data = unwrap(headers, structured(envelope, event.to_json()))
    assert read == envelope
    assert json.loads(data) == json.loads(event.to_json())
