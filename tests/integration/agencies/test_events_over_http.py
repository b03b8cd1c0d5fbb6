"""POST /v1/events on real parts: what may be said is on its topic once, the rest is answered with its reason."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from spplus_contracts.topics import FEEDBACK_SUBMITTED, REQUEST_ANSWERED
from spplus_feedback.access import Scope
from tests.support.agency import RIVAL, Agency, a_letter, a_survey, make_key, said, some_calls, taken_back
from tests.support.intake import Door, request_ids

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


def new() -> str:
    return str(uuid4())


async def test_events_of_a_batch_reach_the_canonical_topics(agency: Agency) -> None:
    survey, letter = new(), new()
    answered = await agency.verdicts(
        said(a_survey(request_id=survey)), said(a_letter(request_id=letter)), said(some_calls()), said(taken_back())
    )
    assert answered == ["accepted"] * 4
    [record] = await agency.door.heard(FEEDBACK_SUBMITTED, 1, [survey])
    headers = dict(record.headers)
    assert (headers["ce_source"], record.key) == (b"agence", b"guichet")
    await agency.door.heard(REQUEST_ANSWERED, 1, [letter])


async def test_events_sent_again_are_duplicates_and_not_sent_twice(agency: Agency) -> None:
    request_id = new()
    first, second = said(a_survey(request_id=request_id)), said(a_survey(request_id=request_id))
    assert await agency.verdicts(first, first) == ["accepted", "duplicate"]
    assert await agency.verdicts(first, second) == ["duplicate", "accepted"]
    records = await agency.door.heard(FEEDBACK_SUBMITTED, 2, [request_id])
    assert [dict(record.headers)["ce_id"].decode() for record in records] == [first["id"], second["id"]]


async def test_events_same_id_with_other_data_is_refused(agency: Agency) -> None:
    first = said(a_survey())
    other = said(a_survey(sentiment="negative"), first["id"])
    assert await agency.verdicts(first, other) == ["accepted", "id_reused"]
    assert await agency.verdicts(other, first) == ["id_reused", "duplicate"]
    assert await agency.verdicts(said(some_calls(), first["id"])) == ["id_reused"]


async def test_events_order_of_fields_and_sets_makes_no_other_event(agency: Agency) -> None:
    one = said(a_survey(channels=["desk", "phone", "mail"]))
    data = dict(reversed(one["data"].items())) | {"channels": ["mail", "desk", "phone"], "note": "new field"}
    assert await agency.verdicts(one, one | {"data": data}) == ["accepted", "duplicate"]


async def test_events_accepted_stays_accepted_when_the_grant_is_gone(door: Door, agency: Agency) -> None:
    event = said(a_survey())
    assert await agency.verdicts(event) == ["accepted"]
    narrow = Agency(door, await make_key(door.dsn, structure="mairie"))
    assert await narrow.verdicts(event, said(a_survey())) == ["duplicate", "outside_part"]


async def test_events_key_limits_types_and_part(door: Door) -> None:
    answers = Agency(door, await make_key(door.dsn, scopes=[Scope.SUBMIT_ANSWERS], structure="guichet"))
    assert await answers.verdicts(
        said(a_survey()), said(a_letter()), said(a_letter(structure_code="mairie")), said(some_calls())
    ) == ["scope_missing", "accepted", "outside_part", "accepted"]


async def test_events_one_agency_cannot_speak_for_another(door: Door, agency: Agency) -> None:
    told = await door.tell()
    [story] = request_ids(told)
    withdrawal = taken_back(request_source="spplus", request_id=story)
    verdicts = await agency.verdicts(
        said(a_survey(structure_code="autre")),
        said(a_survey(), source=RIVAL.code),
        said(a_survey(), source="spplus"),
        said(withdrawal),
        said(taken_back(request_source=RIVAL.code)),
        said(a_survey()),
    )
    refused = ["outside_part", "source_mismatch", "source_mismatch", "foreign_request", "foreign_request"]
    assert verdicts == [*refused, "accepted"]
    assert (await door.follow(told["code"]))["withdrawn_at"] is None


async def test_events_are_judged_by_the_clock_of_arrival(agency: Agency) -> None:
    ahead = datetime(2099, 1, 1, tzinfo=UTC)
    verdicts = await agency.verdicts(
        said(a_survey(submitted_at=ahead)),
        said(a_survey(), time="2099-01-01T00:00:00Z"),
        said(some_calls(month="2098-01")),
    )
    assert verdicts == ["in_the_future"] * 3


async def test_events_refusal_names_the_field(agency: Agency) -> None:
    whole = said(a_survey())
    results = await agency.tell(
        whole | {"data": whole["data"] | {"kind": "rumour", "submitted_at": "soon"}},
        {name: value for name, value in whole.items() if name != "type"},
        said(a_survey(structure_code="nowhere")),
        7,
    )
    fields = [(result["reason"], sorted(error["field"] for error in result["errors"])) for result in results]
    assert fields == [
        ("invalid_data", ["kind", "submitted_at"]),
        ("missing_attribute", ["type"]),
        ("unknown_structure", ["structure_code"]),
        ("bad_json", []),
    ]
    assert [result["id"] for result in results] == [whole["id"], whole["id"], results[2]["id"], None]


async def test_events_single_refused_is_a_problem_with_its_reason(agency: Agency) -> None:
    refused = await agency.post(said(a_survey(structure_code="autre")))
    assert (refused.status_code, refused.json()["reason"]) == (422, "outside_part")
    assert refused.headers["content-type"] == "application/problem+json"
    event = said(a_survey())
    for status in ("accepted", "duplicate"):
        answer = await agency.post(event)
        assert (answer.status_code, answer.json()["results"]) == (
            200,
            [{"index": 0, "id": event["id"], "status": status}],
        )


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {}, 400),
        (b"[", {}, 400),
        (b"[{}", {}, 400),
        (b"[{}] {}", {}, 400),
        (b"\xff\xfe[\x00]\x00", {}, 400),
        (b"[]", {"content_type": "text/plain"}, 415),
        (b"[]", {"content_type": "application/json"}, 415),
        (b"[]", {"content_encoding": "gzip"}, 415),
        (b"[]", {"content_type": "application/cloudevents-batch+json; charset=latin-1"}, 415),
        (b"[" + b"{}," * 1000 + b"{}]", {}, 413),
        (b" " * 4_194_305, {}, 413),
        (b"[]", {"authorization": "Bearer nothing"}, 401),
    ],
)
async def test_events_unreadable_call_is_a_problem(agency: Agency, body: bytes, headers: dict, status: int) -> None:
    answer = await agency.post(body, **headers)
    assert (answer.status_code, answer.json()["status"]) == (status, status)


async def test_events_key_without_a_source_is_refused(door: Door) -> None:
    answer = await Agency(door, door.keys["racine"]).post([])
    assert answer.status_code == 403


async def test_events_are_counted_by_source_and_verdict(door: Door) -> None:
    rival = Agency(door, await make_key(door.dsn, source=RIVAL))
    event = said(a_survey(structure_code="autre"), source=RIVAL.code)
    await rival.tell(event, event, said(a_survey(), source=RIVAL.code))
    rows = await door.fetch("SELECT verdict, events FROM source_counts WHERE source = 'rivale' AND door = 'http'")
    assert {row["verdict"]: row["events"] for row in rows} == {"accepted": 1, "duplicate": 1, "outside_part": 1}
    assert 'spplus_events_judged_total{verdict="duplicate"}' in (await door.http.get("/metrics")).text
