"""Too many stories from one address, forms filled in by machines, the same words again and again: held, not lost."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import pytest_asyncio

from spplus_feedback.screens import waiting_words
from spplus_feedback.stamps import stamped
from tests.support.agency import AGENCY, BATCHED, a_survey, make_key, register, said
from tests.support.intake import Door, a_door, a_story, opened

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]
SECRET = "thirty-two letters that sign forms"
PROXY = "10.0.0.1"
WORDS = "Le guichet était fermé sans aucune explication."


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(kafka: str, make_database: Callable[[], str]) -> AsyncIterator[Door]:
    settings = {
        "trusted_proxies": PROXY,
        "unlimited_networks": "192.0.2.0/24",
        "requests_per_minute_by_address": 12,
        "requests_per_minute_by_key": 3,
        "events_per_minute_by_key": 5,
        "stories_per_hour_before_hold": 2,
        "stories_per_hour": 4,
        "form_secret": SECRET,
    }
    async with a_door(make_database(), kafka, **settings) as opened_door:
        yield opened_door


@asynccontextmanager
async def calling(door, address, *, through=None):
    """A client at an address, or behind our proxy."""
    transport = httpx.ASGITransport(app=door.service.app, client=(through or address, 1))
    headers = {"X-Forwarded-For": address, "X-Forwarded-Proto": "https"} if through else {}
    async with httpx.AsyncClient(transport=transport, base_url="http://door", headers=headers) as http:
        yield http


def told_from(address):
    return a_story(title=None, story=f"{WORDS} {'x' * (sum(address.encode()) % 50 + 1)}")


async def tell(door, address, *, through=None, **changes):
    async with calling(door, address, through=through) as http:
        return await http.post("/v1/feedback", json=told_from(address) | changes)


def a_form(**changes):
    shown = datetime.now(UTC) - timedelta(seconds=20)
    return {
        "structure": ["guichet"],
        "nonce": stamped(uuid.uuid4().hex, shown, SECRET.encode()),
        "sentiment": "negative",
        "story": WORDS,
        "answer_expected": "oui",
        "site_web": "",
    } | changes


async def send(door, address, **changes):
    async with calling(door, address) as http:
        return await http.post("/partager", data=a_form(**changes))


async def holds(door):
    """Why each story was held, or none; oldest first."""
    rows = await door.fetch("SELECT held_for FROM feedbacks ORDER BY accepted_at, feedback_id")
    return [row["held_for"] for row in rows]


async def stored(door, answer):
    (row,) = await door.fetch("SELECT * FROM feedbacks WHERE feedback_id = $1::uuid", answer.json()["feedback_id"])
    return row


async def test_many_stories_of_one_address_are_held_then_refused_and_nobody_else_notices(door):
    words = [f"{WORDS} {'très ' * turn}" for turn in range(1, 6)]
    answers = [await tell(door, "203.0.113.9", story=text) for text in words]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 202, 429]
    assert [(await stored(door, answer))["held_for"] for answer in answers[:4]] == [None, None, "address", "address"]
    assert answers[2].json().keys() == answers[0].json().keys(), "its author sees no difference"

    refused = answers[4]
    assert refused.headers["content-type"] == "application/problem+json"
    assert 60 <= int(refused.headers["retry-after"]) <= 7_200
    assert refused.headers["x-content-type-options"] == "nosniff"

    assert (await tell(door, "203.0.113.10")).status_code == 202
    assert (await tell(door, "203.0.113.9", through=PROXY)).status_code == 429, "the proxy is no disguise"
    assert (await tell(door, "203.0.113.11", through="203.0.113.99")).status_code == 202


async def test_address_is_counted_for_all_replicas_and_stands_in_no_table(door):
    async with opened(door.service.settings) as (other, _):
        replica = Door(other, None, door.dsn, door.bootstrap, door.prefix)
        places = [door, replica, door, replica, door, replica]
        words = [f"{WORDS} {'fort ' * turn}" for turn in range(1, 7)]
        # one household changes the last half of its address at will
        told = [await tell(place, f"2001:db8:1:2::{turn}", story=words[turn]) for turn, place in enumerate(places)]
    assert [answer.status_code for answer in told] == [202, 202, 202, 202, 429, 429]
    rows = await door.fetch("SELECT subject FROM hourly_counts")
    assert rows
    assert all(len(row["subject"]) == 32 and b"2001:db8" not in row["subject"] for row in rows)


async def test_key_of_a_refused_story_may_be_used_again(door):
    address = "203.0.113.20"
    for turn in range(4):
        await tell(door, address, story=f"{WORDS} {'bien ' * (turn + 1)}")
    key = {"Idempotency-Key": str(uuid.uuid4())}
    async with calling(door, address) as http:
        assert (await http.post("/v1/feedback", json=told_from("x"), headers=key)).status_code == 429
    async with calling(door, "203.0.113.21") as http:
        assert (await http.post("/v1/feedback", json=told_from("x"), headers=key)).status_code == 202


async def test_refused_form_keeps_what_was_typed_and_says_when_to_come_back(door):
    address = "203.0.113.30"
    for turn in range(4):
        assert (await send(door, address, story=f"{WORDS} {'peu ' * (turn + 1)}")).status_code == 200
    page = await send(door, address, story="Je tenais à ces mots.")
    assert page.status_code == 429
    assert "Je tenais à ces mots." in page.text
    seconds = int(page.headers["retry-after"])
    assert seconds > 0
    assert waiting_words(seconds) in page.text


@pytest.mark.parametrize(
    ("address", "changes", "reason"),
    [
        ("203.0.113.41", {"site_web": "https://spam.example"}, "honeypot"),
        ("203.0.113.42", {"nonce": uuid.uuid4().hex}, "too_fast"),
        ("203.0.113.43", {"nonce": stamped("b" * 32, datetime(2020, 1, 1, tzinfo=UTC), SECRET.encode())}, "too_fast"),
        ("203.0.113.44", {}, None),
    ],
)
async def test_form_that_a_machine_filled_in_is_held_and_looks_received(door, address, changes, reason):
    page = await send(door, address, story=f"{WORDS} {address.replace('.', ' ')} {reason}", **changes)
    assert page.status_code == 200
    assert 'id="code"' in page.text
    assert (await holds(door))[-1] == reason


async def test_form_that_comes_back_at_once_is_held_and_its_stamp_serves_once(door):
    async with calling(door, "203.0.113.50") as http:
        form = await http.get("/partager", params={"structure": "guichet"})
        nonce = form.text.split('name="nonce" value="')[1].split('"')[0]
        first = await http.post("/partager", data=a_form(nonce=nonce, story="Un récit envoyé aussitôt que lu."))
        again = await http.post("/partager", data=a_form(nonce=nonce, story="Un autre récit sous le même timbre."))
    assert first.status_code == 200
    assert (await holds(door))[-1] == "too_fast"
    assert again.status_code == 422


async def test_same_words_about_one_structure_are_held_whoever_sends_them(door):
    text = "Tout le monde écrit exactement la même chose ici."
    varied = [text, text.upper(), f"{text} !!!", f"« {text} » 12", text]
    for turn, words in enumerate(varied):
        await tell(door, f"198.51.100.{turn}", story=words, structure_codes=["mairie"])
    assert (await holds(door))[-5:] == [None, None, None, "same_text", "same_text"]
    await tell(door, "198.51.100.77", story=text, structure_codes=["racine"])
    assert (await holds(door))[-1] is None, "another structure"


async def test_networks_of_ours_are_not_counted(door):
    answers = [await tell(door, "192.0.2.7", story=WORDS) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {202}
    assert (await holds(door))[-20:] == [None] * 20


async def test_too_many_requests_of_one_address_are_refused_and_watches_never(door):
    async with calling(door, "198.51.100.200") as http:
        answers = [await http.get("/v1/structures", params={"q": "bourg"}) for _ in range(13)]
        page = await http.get("/partager")
        form = await http.post("/partager", data=a_form(story="Ces mots ne doivent pas se perdre."))
        alive = await http.get("/livez")
    assert [answer.status_code for answer in answers] == [200] * 12 + [429]
    assert answers[0].headers["ratelimit-policy"] == '"address";q=12;w=60'
    assert answers[0].headers["ratelimit"].startswith('"address";r=11;')
    assert int(answers[-1].headers["retry-after"]) > 0
    assert (page.status_code, page.headers["content-type"]) == (429, "text/html; charset=utf-8")
    assert "Réessayez" in page.text
    assert (form.status_code, "Ces mots ne doivent pas se perdre." in form.text) == (429, True)
    assert alive.status_code == 200


async def test_key_has_a_limit_of_its_own_and_keys_cannot_be_tried_for_ever(door):
    async with calling(door, "198.51.100.201") as http:
        mine = [await http.get("/v1/requests", headers=door.bearer()) for _ in range(4)]
        other = await http.get("/v1/requests", headers=door.bearer("autre"))
        tried = [await http.get("/v1/requests", headers={"Authorization": f"Bearer {turn}"}) for turn in range(4)]
    assert [answer.status_code for answer in mine] == [200, 200, 200, 429]
    assert mine[0].headers["ratelimit-policy"] == '"key";q=3;w=60'
    assert other.status_code == 200
    assert [answer.status_code for answer in tried] == [401, 429, 429, 429]


async def test_events_of_a_key_have_a_limit_of_their_own(door):
    await register(door.dsn, AGENCY)
    headers = {"Authorization": f"Bearer {await make_key(door.dsn)}", "Content-Type": BATCHED}
    events = [[said(a_survey(request_id=str(uuid.uuid4()))) for _ in range(count)] for count in (4, 2, 1)]
    async with calling(door, "198.51.100.202") as http:
        told = [await http.post("/v1/events", json=batch, headers=headers) for batch in events]
    assert [answer.status_code for answer in told] == [200, 429, 200]
    assert int(told[1].headers["retry-after"]) > 0
