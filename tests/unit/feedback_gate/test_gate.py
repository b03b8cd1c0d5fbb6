import json
from typing import Any

import pytest

from spplus_chassis.records import Batch, Record
from spplus_contracts import Event, structured
from spplus_contracts.topics import inbound
from spplus_feedback.gate import Gate
from tests.support.builders import a_feedback, a_structure, an_answer, an_envelope
from tests.support.records import a_record

AGENCY = {"source": "agency"}


def an_inbound(event: Event, **changes: Any) -> Record:
    return a_record(event, topic=inbound("agency").name, envelope=AGENCY | changes.pop("envelope", {}), **changes)


def without(record: Record, header: str) -> tuple[tuple[str, bytes | None], ...]:
    return tuple(pair for pair in record.headers if pair[0] != header)


def with_header(header: str, value: bytes | None) -> Record:
    record = an_inbound(a_feedback())
    headers = (*without(record, header), (header, value))
    return an_inbound(a_feedback(), headers=headers)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (an_inbound(a_feedback(), value=None), "tombstone"),
        (with_header("ce_id", None), "null_header"),
        (with_header("ce_id", b"\xff"), "bad_header"),
        (with_header("ce_id", b"a\x00b"), "bad_header"),
        (with_header("ce_time", b"yesterday"), "bad_header"),
        (with_header("ce_specversion", b"0.3"), "bad_header"),
        (with_header("ce_id", b""), "missing_attribute"),
        (an_inbound(a_feedback(), headers=()), "missing_attribute"),
        (an_inbound(a_feedback(), envelope={"source": "rival"}), "source_mismatch"),
        (an_inbound(a_feedback(), envelope={"source": "spplus"}), "source_mismatch"),
        (an_inbound(a_feedback(), envelope={"type": "fr.spplus.feedback.submitted.v9"}), "unknown_type"),
        (
            an_inbound(a_feedback(), value=b"{", headers=(("content-type", b"application/cloudevents+json"),)),
            "bad_json",
        ),
    ],
)
def test_prepare_unreadable_envelope_is_refused_with_its_reason(record: Record, expected: str) -> None:
    batch = Batch([record])
    assert Gate().prepare(batch) == []
    assert [refusal.reason for refusal in batch.refusals] == [expected]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", "bad_json"),
        (b"not json", "bad_json"),
        (b"\xff\xfe", "bad_json"),
        (b"[]", "invalid_data"),
        (b"null", "invalid_data"),
        (b"{}", "invalid_data"),
        (b'{"kind":"rumour"}', "invalid_data"),
    ],
)
def test_prepare_keeps_invalid_data_for_the_register_to_judge_first(value: bytes, expected: str) -> None:
    batch = Batch([an_inbound(a_feedback(), value=value)])
    [(_, heard)] = Gate().prepare(batch)
    assert batch.refusals == []
    assert heard.event is None
    assert heard.fault is not None
    assert heard.fault.reason == expected


@pytest.mark.parametrize("field", ["structure_code", "form", "request_id", "outcome", "received_at"])
def test_refusal_names_the_field_and_never_repeats_the_value(field: str) -> None:
    data = json.loads(an_answer().to_json()) | {field: "jean.dupont@example.org"}
    [(_, heard)] = Gate().prepare(Batch([an_inbound(an_answer(), value=json.dumps(data).encode())]))
    assert heard.fault is not None
    assert heard.fault.reason == "invalid_data"
    assert "dupont" not in heard.fault.detail


def test_prepare_reads_structured_mode_too() -> None:
    told = a_feedback()
    value = structured(an_envelope(told, **AGENCY), told.to_json())
    headers = (("content-type", b"application/cloudevents+json"),)
    [(_, heard)] = Gate().prepare(Batch([an_inbound(told, value=value, headers=headers)]))
    assert heard.event == told


def test_prepare_one_bad_record_leaves_its_neighbours() -> None:
    good, bad = an_inbound(a_feedback(), offset=1), an_inbound(a_feedback(), offset=2, value=None)
    batch = Batch([bad, good])
    assert [record for record, _ in Gate().prepare(batch)] == [good]
    assert [refusal.record for refusal in batch.refusals] == [bad]


def test_prepare_reference_data_is_readable_but_never_granted() -> None:
    [(_, heard)] = Gate().prepare(Batch([an_inbound(a_structure())]))
    assert heard.topic == "spplus.structure.declared.v1"
