"""Kept answers: sent again while what they rest on stands, and never once it has changed, whoever changed it."""

import asyncio
import random
from datetime import date, timedelta

import asyncpg
import pytest
from fastapi import Request
from prometheus_client import REGISTRY

from spplus_chassis.database import open_pool
from spplus_notifier import clock
from spplus_notifier.answering import Written
from spplus_notifier.codings import zstd
from spplus_notifier.kept import Draft, KeptAnswers
from tests.support.builders import a_figure, a_rolling_figure, a_structure

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

PAGE = "/structures/12345"
JSON = "/v1/indicators?structure_code=12345"


def origins():
    """How many answers were kept and how many written, so far."""
    return tuple(
        REGISTRY.get_sample_value("spplus_answers_total", {"origin": origin}) or 0 for origin in ("kept", "written")
    )


async def ask(client, path, **headers):
    """Text of an answer, and whether it had been kept."""
    kept, written = origins()
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    now_kept, now_written = origins()
    assert (now_kept - kept) + (now_written - written) == 1
    return answer.text, now_kept > kept


async def publish(published, *events):
    await published.publish(*events)
    await published.settled()


def a_family():
    """A structure, its parent and the whole network, with a figure each."""
    yield a_structure(name="Guichet", parent="parent")
    yield a_structure(code="parent", name="Direction", parent="root")
    yield a_structure(code="root", name="Réseau")
    yield a_structure(code="other", name="Ailleurs")
    for code in ("12345", "parent", "root", "other"):
        yield a_rolling_figure(structure_code=code)


def changed(code, n):
    return a_rolling_figure(structure_code=code, revision=2, n=n, numerator=n * 0.75, denominator=n)


@pytest.mark.parametrize(
    ("event", "said", "kinds"),
    [
        (changed("12345", 444), "444", (PAGE, JSON)),
        (changed("parent", 445), "445", (PAGE,)),
        (changed("root", 446), "446", (PAGE,)),
        ("12345|experience_satisfaction|rolling_12|latest", "", (PAGE, JSON)),
        (a_structure(name="Guichet neuf", parent="parent", version=2), "Guichet neuf", (PAGE,)),
        (a_structure(code="root", name="Réseau neuf", version=2), "Réseau neuf", (PAGE,)),
        (a_structure(code="child", name="Antenne", parent="12345"), "Antenne", (PAGE,)),
    ],
)
async def test_kept_answer_changes_with_what_it_rests_on_in_each_replica(published, event, said, kinds):
    async with published.replica() as one, published.replica("2") as two:
        await publish(published, *a_family())
        before = {}
        for client in (one, two):
            for path in kinds:
                before[path], kept = await ask(client, path)
                assert not kept
                assert await ask(client, path) == (before[path], True)
        await publish(published, event)
        for client in (one, two):
            for path in kinds:
                text, kept = await ask(client, path)
                assert not kept
                assert said in text
                assert text != before[path]
                assert await ask(client, path) == (text, True)


async def test_answer_is_kept_while_others_change(published):
    async with published.replica() as client:
        await publish(published, *a_family())
        answers = {path: (await ask(client, path))[0] for path in (PAGE, JSON)}
        await publish(published, changed("other", 447), changed("12345", 448).model_copy(update={"revision": 1}))
        for path, text in answers.items():
            assert await ask(client, path) == (text, True)


async def test_of_many_who_ask_at_once_one_has_the_answer_written(published):
    async with published.replica() as client:
        await publish(published, *a_family())
        for event in (None, changed("12345", 444)):
            if event is not None:
                await publish(published, event)
            kept, written = origins()
            answers = await asyncio.gather(*(client.get(PAGE) for _ in range(20)))
            assert len({answer.text for answer in answers}) == 1
            assert origins() == (kept + 19, written + 1)
        assert "444" in answers[0].text


async def test_page_changes_at_midnight(published, monkeypatch):
    today = clock.today()
    year = {"kind": "year", "start": date(today.year, 1, 1), "end": date(today.year + 1, 1, 1)}
    async with published.replica() as client:
        await publish(published, *a_family(), a_figure(period=year))
        text, _ = await ask(client, PAGE)
        assert f"{today.year} (en cours)" in text
        monkeypatch.setattr(clock, "today", lambda: today + timedelta(days=1))
        assert not (await ask(client, PAGE))[1]
        monkeypatch.setattr(clock, "today", lambda: date(today.year + 1, 1, 1))
        text, kept = await ask(client, PAGE)
        assert not kept
        assert f"{today.year} (en cours)" not in text
        assert await ask(client, PAGE) == (text, True)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE figures SET data = replace(data, '\"n\":40', '\"n\":449') WHERE structure_code = '12345'",
        "DELETE FROM figures WHERE structure_code = '12345'",
        "TRUNCATE figures",
        "TRUNCATE figures; TRUNCATE structure_versions",
        "UPDATE structures SET name = 'Par une main' WHERE code = '12345'",
    ],
)
async def test_kept_page_knows_what_is_written_by_hand(published, sql):
    async with published.replica() as client:
        await publish(published, *a_family())
        before, _ = await ask(client, PAGE)
        await _execute(published, sql)
        text, kept = await ask(client, PAGE)
        assert not kept
        assert text != before


async def test_version_of_a_publication_built_anew_is_another(published):
    """The same figures put in again by the same numbers: what was kept of the one before is not taken for it."""
    async with published.replica() as client:
        await publish(published, *a_family())
        before, _ = await ask(client, PAGE)
        await _execute(
            published,
            "CREATE TEMP TABLE saved AS TABLE figures; TRUNCATE figures, structure_versions;"
            "INSERT INTO figures TABLE saved",
        )
        assert await ask(client, PAGE) == (before, False)


async def test_reader_who_holds_the_answer_is_sent_nothing_until_it_changes(published):
    async with published.replica() as client:
        await publish(published, *a_family())
        for path in (PAGE, JSON):
            plain = await client.get(path, headers={"Accept-Encoding": "identity"})
            packed = await client.get(path, headers={"Accept-Encoding": "gzip"})
            assert (packed.text, packed.headers["content-encoding"]) == (plain.text, "gzip")
            assert packed.headers["etag"] == f"W/{plain.headers['etag']}"
            async with client.stream("GET", path, headers={"Accept-Encoding": "zstd"}) as answer:
                raw = b"".join([piece async for piece in answer.aiter_raw()])
            assert zstd.decompress(raw).decode() == plain.text
            assert answer.headers["vary"] == "Accept-Encoding"
            for etag in (plain.headers["etag"], packed.headers["etag"]):
                known = await client.get(path, headers={"If-None-Match": etag})
                assert (known.status_code, known.content) == (304, b"")
        held = (await client.get(PAGE)).headers["etag"]
        await publish(published, changed("parent", 450))
        assert (await client.get(PAGE, headers={"If-None-Match": held})).status_code == 200


async def test_years_are_kept_apart_and_what_is_missing_is_not_kept(published):
    async with published.replica() as client:
        year = {"kind": "year", "start": date(2025, 1, 1), "end": date(2026, 1, 1)}
        await publish(published, *a_family(), a_figure(period=year))
        texts = {path: (await ask(client, path))[0] for path in (PAGE, f"{PAGE}?annee=2025")}
        assert len(set(texts.values())) == 2
        for path, text in texts.items():
            assert await ask(client, path) == (text, True)
        before = origins()
        for path in ("/structures/nowhere", f"{PAGE}?annee=2016"):
            assert (await client.get(path)).status_code == 404
        assert origins() == before


@pytest.mark.parametrize(("most_bytes", "stay"), [(50_000, range(8, 20)), (0, [])])
async def test_memory_is_bounded_and_what_was_asked_for_last_stays(published, most_bytes, stay):
    pool = await open_pool(published.database_url, 2)
    kept, written = KeptAnswers(lambda: pool, most_bytes=most_bytes), []

    async def ask_for(number):
        async def write(_connection):
            written.append(number)
            return Draft(Written(random.Random(number).randbytes(2_000), "text/plain", {"ETag": '"1"'}), ())

        await kept.answer(Request({"type": "http", "headers": []}), number, write)

    for number in range(20):
        await ask_for(number)
        assert REGISTRY.get_sample_value("spplus_answers_kept_bytes") <= most_bytes
    written.clear()
    for number in (*reversed(stay), 0):
        await ask_for(number)
    assert written == [0]
    await pool.close()


async def _execute(published, sql):
    connection = await asyncpg.connect(published.database_url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
