"""What refused data look like to an operator: codes and instants, and nothing that a citizen wrote."""

import json
from datetime import UTC, datetime

import pytest

from spplus_chassis.masking import shown_headers, shown_text, shown_value
from spplus_chassis.records import Record
from tests.support.builders import a_bulk, a_feedback, an_answer, an_envelope
from tests.support.records import a_record


def a_refused(value: bytes | None, *headers: tuple[str, bytes | None]) -> Record:
    return Record("t", 0, 1, datetime(2026, 3, 1, tzinfo=UTC), None, value, headers)


@pytest.mark.parametrize("event", [a_feedback(), an_answer(), an_answer("redirected"), a_bulk()])
def test_an_event_of_the_contract_is_shown_whole(event):
    assert shown_value(a_record(event)) == json.loads(event.to_json())


@pytest.mark.parametrize(
    "text",
    [
        "Jeanne Martin",
        "jeanne@exemple.fr",
        "0612345678",
        "06 12 34 56 78",
        "+33(0)612345678",
        "06.12.34.56.78",
        "é",
        "",
    ],
)
def test_texts_that_may_be_personal_are_masked(text):
    assert shown_text(text) == f"[masked: {len(text)} characters]"


@pytest.mark.parametrize("text", ["12345", "DGFIP-31", "2026-03-02", "2026-03-02T09:00:00Z", "2026-03", "a|b|month"])
def test_codes_and_instants_are_shown(text):
    assert shown_text(text) == text


def test_fields_and_names_that_the_contract_does_not_know_are_masked():
    data = {"structure_code": "12345", "prenom": "Jeanne", "a name of mine": 1, "ages": [1], "score": {"secret": "x"}}
    sound = ("ce_type", b"fr.spplus.feedback.submitted.v1")
    shown = shown_value(a_refused(json.dumps(data).encode(), sound))
    assert shown == {
        "structure_code": "12345",
        "prenom": "[masked: 6 characters]",
        "[masked: name of 14 characters]": "[masked: int]",
        "ages": "[masked: list]",
        "score": {"secret": "[masked: 1 characters]"},
    }


def test_a_number_that_may_be_a_telephone_is_masked_and_a_count_is_not():
    data = {"received": 1000, "answered": 33612345678}
    shown = shown_value(a_refused(json.dumps(data).encode(), ("ce_type", b"fr.spplus.request.answered.v1")))
    assert shown == {"received": 1000, "answered": "[masked: number]"}


def test_an_event_of_an_unknown_type_is_masked_but_for_its_shape():
    shown = shown_value(a_refused(b'{"structure_code": "12345"}', ("ce_type", b"fr.other.v1")))
    assert shown == {"structure_code": "[masked: 5 characters]"}


def test_structured_mode_is_judged_by_its_own_type():
    event = a_feedback()
    told = {"type": event.TYPE, "id": "1", "data": {"request_id": "r-1", "comment": "mon avis"}}
    shown = shown_value(a_refused(json.dumps(told).encode()))
    assert shown["data"] == {"request_id": "r-1", "comment": "[masked: 8 characters]"}


@pytest.mark.parametrize("value", [b"{", b"\xff\xfe", b"mon nom est Jeanne"])
def test_what_is_not_json_is_told_by_its_size(value):
    assert shown_value(a_refused(value)) == f"[masked: {len(value)} bytes that are not JSON]"


def test_a_tombstone_is_shown_as_one():
    assert shown_value(a_refused(None)) is None


def test_headers_of_others_are_masked():
    envelope = an_envelope(id="e-1")
    record = a_refused(b"{}", *envelope.headers(), ("x-user", b"Jeanne"), ("ce_id", b"\xff"), ("ce_time", None))
    shown = shown_headers(record)
    assert ("ce_id", "e-1") in shown
    assert ("x-user", "[masked: 6 bytes]") in shown
    assert ("ce_id", "[masked: 1 bytes]") in shown
    assert ("ce_time", None) in shown
