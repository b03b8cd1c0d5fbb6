"""What may be asked of the open data: parts of the tree, several indicators, spans, an instant; and how it is sent."""

import csv
import gzip
import io
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest

from spplus_notifier.codings import zstd
from tests.support.builders import a_figure, a_rolling_figure, a_structure
from tests.support.publication import items

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

UNPACK = {"gzip": gzip.decompress, "zstd": zstd.decompress}
HISTORY = {"structure_code": "12345", "indicator_code": "experience_satisfaction", "period_kind": "month"}


def codes(found):
    return [one["structure_code"] for one in found]


def a_month(number, **changes):
    start = date(2026, number, 1)
    return a_figure(period={"kind": "month", "start": start, "end": start + timedelta(days=31)}, **changes)


async def age(published, days):
    """Everything logged so far came so many days ago, or longer."""
    await published.fetch("UPDATE changes SET recorded_at = recorded_at - make_interval(days => $1)", days)


async def test_part_of_the_tree_is_asked_for_by_its_top(published):
    async with published.replica() as client:
        await published.publish(
            a_structure(code="top"),
            a_structure(code="mid", parent="top"),
            a_structure(code="mid-1", parent="mid"),
            a_structure(code="aside"),
        )
        await published.publish(*(a_figure(structure_code=code) for code in ("aside", "mid", "mid-1", "top")))
        await published.settled()
        assert codes(await items(client, subtree="top")) == ["mid-1", "mid", "top"]
        assert codes(await items(client, subtree="top", limit=1)) == ["mid-1", "mid", "top"]
        assert codes(await items(client, subtree="mid", status="ok")) == ["mid-1", "mid"]
        assert codes(await items(client, subtree="top", structure_code="mid")) == ["mid"]
        assert await items(client, subtree="mid", structure_code="aside") == []
        assert await items(client, subtree="nowhere") == []
        exported = (await client.get("/v1/indicators.csv", params={"subtree": "mid"})).text
        assert [line.split(";")[0] for line in exported.splitlines()[1:]] == ["mid-1", "mid"]


async def test_several_indicators_and_a_span_of_periods_are_asked_for_at_once(published):
    async with published.replica() as client:
        await published.publish(
            *(a_month(number) for number in (1, 2, 3, 4)),
            a_month(2, indicator_code="answer_rate"),
            a_month(2, indicator_code="experience_count"),
        )
        await published.settled()
        asked = {"indicator_code": ["answer_rate", "experience_satisfaction"], "period_from": "2026-02-01"}
        found = await items(client, **asked, period_before="2026-04-01")
        assert [(one["indicator_code"], one["period"]["start"]) for one in found] == [
            ("answer_rate", "2026-02-01"),
            ("experience_satisfaction", "2026-02-01"),
            ("experience_satisfaction", "2026-03-01"),
        ]
        assert await items(client, **asked, structure_code="12345", period_before="2026-04-01") == found


async def test_publication_of_an_instant_is_what_stood_then(published):
    window = a_rolling_figure(end=date(2026, 4, 1), indicator_code="answer_rate")
    async with published.replica() as client:
        await published.publish(
            a_figure(engagements=["sp-plus-2021/7"]),
            a_figure(structure_code="gone"),
            window,
        )
        await published.settled()
        await age(published, 5)
        await published.publish(
            a_figure(revision=2, status="insufficient_sample", n=3),
            a_figure(structure_code="gone").key,
            a_rolling_figure(end=date(2026, 5, 1), revision=2, indicator_code="answer_rate"),
        )
        await published.settled()
        await age(published, 5)
        then = (datetime.now(UTC) - timedelta(days=7)).isoformat()
        before = (datetime.now(UTC) - timedelta(days=11)).isoformat()
        stood = await items(client, as_of=then)
        assert [(one["structure_code"], one["indicator_code"], one["revision"]) for one in stood] == [
            ("12345", "answer_rate", 1),
            ("12345", "experience_satisfaction", 1),
            ("gone", "experience_satisfaction", 1),
        ]
        assert codes(await items(client, as_of=then, status="ok")) == ["12345", "12345", "gone"]
        assert codes(await items(client, as_of=then, engagement="sp-plus-2021/7")) == ["12345"]
        assert len(await items(client, as_of=then, period_start="2025-04-01")) == 1
        assert len(await items(client, as_of=then, subtree="12345")) == 2
        assert await items(client, as_of=before) == []
        now = await items(client)
        assert [one["revision"] for one in now] == [2, 2]
        assert await items(client, as_of=datetime.now(UTC).isoformat()) == now


async def test_reader_that_knows_the_date_of_the_last_change_is_spared_the_body(published):
    async with published.replica() as client:
        await published.publish(a_figure())
        await published.settled()
        await published.fetch("UPDATE change_log SET modified_at = date_trunc('second', now()) - interval '1 hour'")
        for path in ("/v1/indicators", "/v1/indicators.csv"):
            modified = (await client.get(path)).headers["last-modified"]
            assert (await client.get(path, headers={"If-Modified-Since": modified})).status_code == 304
            earlier = format_datetime(parsedate_to_datetime(modified) - timedelta(seconds=1), usegmt=True)
            assert (await client.get(path, headers={"If-Modified-Since": earlier})).status_code == 200
            later = format_datetime(parsedate_to_datetime(modified) + timedelta(seconds=1), usegmt=True)
            assert (await client.get(path, headers={"If-Modified-Since": later})).status_code == 200, "not our date"
            both = {"If-Modified-Since": modified, "If-None-Match": '"another"'}
            assert (await client.get(path, headers=both)).status_code == 200
        await published.publish(a_figure(structure_code="later"))
        await published.settled()
        answer = await client.get("/v1/indicators", headers={"If-Modified-Since": modified})
        assert codes(answer.json()["items"]) == ["12345", "later"]


async def test_answers_that_change_without_a_figure_carry_no_date(published):
    """A structure that moves changes a part of the tree, and thinning the log changes the past."""
    past = {"as_of": datetime.now(UTC).isoformat()}
    async with published.replica() as client:
        await published.publish(a_figure())
        await published.settled()
        await published.fetch("UPDATE change_log SET modified_at = date_trunc('second', now()) - interval '1 hour'")
        assert "last-modified" in (await client.get("/v1/indicators")).headers
        for path, asked in (
            ("/v1/indicators", {"subtree": "12345"}),
            ("/v1/indicators", past),
            ("/v1/indicators.csv", past),
            ("/v1/indicators/history", HISTORY | {"period_start": "2026-03-01"}),
        ):
            answer = (await client.get(path, params=asked)).raise_for_status()
            assert "last-modified" not in answer.headers
            tag = {"If-None-Match": answer.headers["etag"]}
            assert (await client.get(path, params=asked, headers=tag)).status_code == 304


async def test_head_tells_what_get_would(published):
    async with published.replica() as client:
        await published.publish(a_figure(), a_rolling_figure())
        await published.settled()
        for path in (
            "/v1/indicators",
            "/v1/indicators.csv",
            "/v1/indicators.parquet?period_kind=rolling_12",
            "/v1/indicators.table-schema.json",
            "/v1/catalogue.jsonld",
        ):
            got, told = await client.get(path), await client.head(path)
            assert (told.status_code, told.content) == (200, b""), path
            for name in ("content-type", "etag", "last-modified", "vary", "content-disposition"):
                assert told.headers.get(name) == got.headers.get(name), (path, name)


async def test_commits_within_one_second_never_share_a_date(published):
    async with published.replica() as client:
        dates = []
        for revision in (1, 2, 3):
            await published.publish(a_figure(revision=revision))
            await published.settled()
            dates += [row["modified_at"] for row in await published.fetch("SELECT modified_at FROM change_log")]
        assert dates == sorted(set(dates))
        ahead = "UPDATE change_log SET modified_at = date_trunc('second', now()) + interval '1 hour'"
        await published.fetch(ahead)
        assert "last-modified" not in (await client.get("/v1/indicators")).headers


@pytest.mark.parametrize(("accepted", "coding"), [("br;q=1, gzip;q=0.5", "gzip"), ("gzip, deflate, br, zstd", "zstd")])
async def test_body_is_packed_for_who_accepts_it_and_is_the_same(published, accepted, coding):
    async with published.replica() as client:
        await published.publish(*(a_figure(structure_code=f"s{number}") for number in range(20)))
        await published.settled()
        for path in ("/v1/indicators", "/v1/indicators.csv"):
            plain = await client.get(path, headers={"Accept-Encoding": "identity"})
            assert "content-encoding" not in plain.headers
            async with client.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
                raw = b"".join([piece async for piece in answer.aiter_raw()])
            assert answer.headers["content-encoding"] == coding
            assert UNPACK[coding](raw) == plain.content
            assert len(raw) < len(plain.content) / 4
            assert plain.headers["vary"] == answer.headers["vary"] == "Accept-Encoding"
            for held in (plain, answer):
                tag = {"If-None-Match": held.headers["etag"], "Accept-Encoding": accepted}
                assert (await client.get(path, headers=tag)).status_code == 304
        assert answer.headers["etag"].startswith("W/"), "no strong validator stands for two bodies"


async def test_csv_writes_decimals_with_a_comma_on_request(published):
    async with published.replica() as client:
        await published.publish(a_figure())
        await published.settled()
        point = (await client.get("/v1/indicators.csv")).text
        comma = (await client.get("/v1/indicators.csv", params={"decimal": "comma"})).text
        [told] = csv.DictReader(io.StringIO(comma.removeprefix("\ufeff")), delimiter=";")
        assert (told["value"], told["interval_low"], told["n"]) == ("0,75", "0,5981", "40")
        assert comma == point.replace("0.75", "0,75").replace("0.5981", "0,5981").replace("0.8581", "0,8581")
        assert (await client.get("/v1/indicators.csv", params={"decimal": "dot"})).status_code == 422


async def test_history_says_why_each_revision_came(published):
    async with published.replica() as client:
        await published.publish(
            a_figure(provisional=True, n=30, numerator=20, denominator=30),
            a_figure(revision=2, supersedes=1, provisional=True),
            a_figure(revision=3, supersedes=2),
            a_figure(revision=4, supersedes=3, method_version=2, value=0.8),
            a_figure().key,
            a_figure(revision=5, supersedes=4, method_version=2, value=0.8),
            a_figure(revision=9, supersedes=8, method_version=2, status="withdrawn"),
        )
        await published.settled()
        found = (await client.get("/v1/indicators/history", params=HISTORY | {"period_start": "2026-03-01"})).json()
        assert [(one["revision"], one["why"]) for one in found["items"]] == [
            (1, ["first"]),
            (2, ["counts"]),
            (3, ["closed"]),
            (4, ["method", "value"]),
            (5, ["back", "recomputed"]),
            (9, ["status", "counts", "value", "thinned"]),
        ]
        assert found["next"] is None


async def test_history_in_pages_compares_with_the_page_before(published):
    query = HISTORY | {"period_start": "2026-03-01", "limit": 1}
    async with published.replica() as client:
        await published.publish(a_figure(), a_figure(revision=2, supersedes=1, n=41, denominator=41), a_figure().key)
        await published.publish(a_figure(revision=3, supersedes=2, n=41, denominator=41))
        await published.settled()
        told, cursor = [], {}
        while cursor is not None:
            page = (await client.get("/v1/indicators/history", params=query | cursor)).json()
            told += [(one["revision"], one["why"]) for one in page["items"]]
            cursor = page["next"] and {"cursor": page["next"]}
        assert told == [(1, ["first"]), (2, ["counts"]), (3, ["back", "recomputed"])]
