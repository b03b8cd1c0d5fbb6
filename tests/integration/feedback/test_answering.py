"""Agents see what waits in their part of the tree, and say what became of it."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from spplus_contracts import RequestAnswered, unwrap
from spplus_contracts.topics import REQUEST_ANSWERED
from tests.support.intake import request_ids

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


async def said_of(door, request_id, count=1):
    records = await door.heard(REQUEST_ANSWERED, count, {request_id})
    return [RequestAnswered.read_json(unwrap(record.headers, record.value)[1]) for record in records]


async def desk(door, *, by="racine", **params):
    answer = await door.http.get("/v1/requests", params=params, headers=door.bearer(by))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_answer_reaches_the_author_and_the_bus_without_its_text(door):
    told = await door.tell(structure_codes=["mairie"])
    (request_id,) = request_ids(told)
    taken = await door.answer(request_id, outcome="answered", text="Bonjour, c'est réparé.")

    assert taken.json()["status"] == "answered"
    (event,) = await said_of(door, request_id)
    assert (event.form, event.request_kind, event.outcome) == ("single", "experience", "answered")
    assert event.structure_code == "mairie"
    assert event.received_at == datetime.fromisoformat(told["submitted_at"])
    (record,) = await door.heard(REQUEST_ANSWERED, 1, {request_id})
    assert "réparé".encode() not in record.value
    followed = await door.follow(told["code"])
    assert followed["status"] == "answered"
    assert followed["requests"][0]["answers"][0]["text"] == "Bonjour, c'est réparé."


async def test_same_statement_twice_is_one_statement(door):
    (request_id,) = request_ids(await door.tell())
    first = await door.answer(request_id, outcome="answered", text="Voilà")
    again = await door.answer(request_id, outcome="answered", text="Voilà")

    assert first.json() == again.json()
    (row,) = await door.fetch("SELECT count(*) FROM statements WHERE request_id = $1::uuid", request_id)
    assert row["count"] == 1
    marker = request_ids(await door.tell())[0]
    await door.answer(marker, outcome="answered")
    records = await door.heard(REQUEST_ANSWERED, 2, {request_id, marker})
    assert len(records) == 2, "the repeated statement was not sent"


async def test_statement_id_used_for_other_words_is_refused(door):
    (request_id,) = request_ids(await door.tell())
    await door.answer(request_id, outcome="answered", text="Oui", statement_id="s-1")
    other = await door.answer(request_id, outcome="answered", text="Non", statement_id="s-1")

    assert other.status_code == 422
    assert other.json()["errors"][0]["field"] == "statement_id"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"outcome": "answered", "answered_at": "2020-01-01T00:00:00Z"}, "answered_at"),
        ({"outcome": "answered", "answered_at": "2999-01-01T00:00:00Z"}, "answered_at"),
        ({"outcome": "redirected", "redirected_to": "nulle-part"}, "redirected_to"),
        ({"outcome": "redirected"}, "redirected_to"),
        ({"outcome": "delay_notice"}, "answer_due_on"),
        ({"outcome": "answered", "answer_due_on": "2030-01-01"}, "answer_due_on"),
        ({"outcome": "answered", "text": "x" * 10_001}, "text"),
    ],
)
async def test_fault_of_a_statement_is_named(door, body, field):
    (request_id,) = request_ids(await door.tell())
    answer = await door.answer(request_id, **body)

    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_answer_needs_a_key_for_that_part_of_the_tree(door):
    (request_id,) = request_ids(await door.tell())
    nobody = await door.http.post(f"/v1/requests/{request_id}/answer", json={"outcome": "answered"})

    assert nobody.status_code == 401
    assert (await door.answer(request_id, by="autre", outcome="answered")).status_code == 404
    assert (await door.answer(str(uuid.uuid4()), outcome="answered")).status_code == 404
    assert (await door.http.get("/v1/requests")).status_code == 401


async def test_redirected_request_changes_hands_and_the_redirect_may_be_repeated(door):
    told = await door.tell()
    (request_id,) = request_ids(told)
    redirect = {"outcome": "redirected", "redirected_to": "autre"}
    assert (await door.answer(request_id, by="guichet", **redirect)).status_code == 200
    assert (await door.answer(request_id, by="guichet", **redirect)).status_code == 200
    assert (await door.answer(request_id, by="guichet", outcome="answered")).status_code == 404
    assert (await door.answer(request_id, by="racine", **redirect)).status_code == 404, "others said it, not this key"

    answer = await door.answer(request_id, by="autre", outcome="answered", text="Chez nous")
    assert answer.status_code == 200
    events = await said_of(door, request_id, 2)
    assert {(event.outcome.value, event.structure_code) for event in events} == {
        ("redirected", "guichet"),
        ("answered", "autre"),
    }
    assert (await door.follow(told["code"]))["requests"][0]["holder_code"] == "autre"


async def test_delay_notice_is_a_new_promise_beside_the_first(door):
    told = await door.tell(structure_codes=["mairie"])
    (request_id,) = request_ids(told)
    day = (datetime.now(UTC) + timedelta(days=60)).date()
    await door.answer(request_id, outcome="delay_notice", answer_due_on=day.isoformat())

    (request,) = (await door.follow(told["code"]))["requests"]
    assert request["answer_due_at"] == told["requests"][0]["answer_due_at"]
    assert request["promised_at"] > request["answer_due_at"]
    assert request["status"] == "waiting"


async def test_desk_lists_soonest_due_first_page_by_page(door):
    now = datetime.now(UTC)
    wanted = {}
    for days, code in ((1, "mairie"), (20, "mairie"), (5, "mairie"), (0, "guichet"), (3, "guichet")):
        told = await door.tell(
            structure_codes=[code], submitted_at=(now - timedelta(days=days)).isoformat(), title=f"Bureau {days}"
        )
        wanted[request_ids(told)[0]] = told["requests"][0].get("answer_due_at")
    seen, cursor = [], None
    while True:
        page = await desk(door, structure="racine", limit=2, **({"cursor": cursor} if cursor else {}))
        assert len(page["items"]) <= 2
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break

    assert len({item["request_id"] for item in seen}) == len(seen)
    dues = [item["due_at"] or "9999" for item in seen]
    assert dues == sorted(dues)
    found = {item["request_id"]: item for item in seen if item["request_id"] in wanted}
    assert found.keys() == wanted.keys()
    overdue = [item for item in found.values() if item["overdue"]]
    assert [item["title"] for item in overdue] == ["Bureau 20"]


async def test_desk_shows_only_the_keys_part_of_the_tree(door):
    (request_id,) = request_ids(await door.tell(structure_codes=["mairie"]))

    assert request_id in {item["request_id"] for item in (await desk(door, structure="mairie"))["items"]}
    assert request_id not in {item["request_id"] for item in (await desk(door, by="guichet"))["items"]}
    foreign = await door.http.get("/v1/requests", params={"structure": "racine"}, headers=door.bearer("guichet"))
    assert foreign.status_code == 403


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"colour": "red"}, "query.colour"),
        ({"status": "lost"}, "query.status"),
        ({"limit": "0"}, "query.limit"),
        ({"cursor": "x"}, "query.cursor"),
    ],
)
async def test_desk_names_the_parameter_at_fault(door, params, field):
    answer = await door.http.get("/v1/requests", params=params, headers=door.bearer())
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_structures_are_found_by_town_without_accents_and_with_a_slip(door):
    for words in ("saint etienne", "impots etiene", "Mairie BOURG"):
        answer = await door.http.get("/v1/structures", params={"q": words})
        assert answer.json()["items"], words
    assert (await door.http.get("/v1/structures", params={"q": "x", "colour": "red"})).status_code == 422
