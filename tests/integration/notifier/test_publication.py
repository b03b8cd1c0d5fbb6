"""From the compacted topic to the doors: the highest revision stands, whatever the order of arrival."""

from datetime import date

import pytest

from tests.support.builders import a_figure, a_structure
from tests.support.publication import items
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


async def reached(client, predicate, what="the figure to be published"):
    async def ask():
        found = await items(client)
        return found if predicate(found) else None

    return await eventually(ask, what)


async def test_figure_on_the_topic_is_served_as_it_was_published(published):
    figure = a_figure(engagements=["sp-plus-2021/7"])
    async with published.replica() as client:
        await published.publish(a_structure(), figure)
        found = await reached(client, len)
        assert found == [figure.model_dump(mode="json", exclude_none=True)]


async def test_older_revision_that_arrives_late_changes_nothing(published):
    async with published.replica() as client:
        await published.publish(a_figure(revision=3, n=43), a_figure(revision=2, n=42), a_figure(revision=3, n=99))
        await published.publish(a_figure(structure_code="last"))
        found = await reached(client, lambda all_: any(one["structure_code"] == "last" for one in all_))
        assert [(one["revision"], one["n"]) for one in found if one["structure_code"] != "last"] == [(3, 43)]
        changes = await published.fetch("SELECT seq FROM changes")
        assert len(changes) == 2


async def test_tombstone_removes_the_figure_and_an_older_revision_does_not_bring_it_back(published):
    gone = a_figure(revision=5)
    async with published.replica() as client:
        await published.publish(gone, gone.key, a_figure(revision=4), a_figure(structure_code="last"))
        found = await reached(client, lambda all_: any(one["structure_code"] == "last" for one in all_))
        assert [one["structure_code"] for one in found] == ["last"]
        assert gone.key not in (await client.get("/v1/indicators.csv")).text
        await published.publish(a_figure(revision=6))
        await reached(client, lambda all_: len(all_) == 2, "the figure to come back")


async def test_poison_is_buried_and_its_neighbours_are_published(published):
    async with published.replica() as client:
        await published.publish(a_figure(), "not a key", a_figure(structure_code="last"))
        await reached(client, lambda all_: len(all_) == 2)
        buried = await eventually(lambda: published.fetch("SELECT reason FROM dead_letters"), "the dead letter")
        assert [row["reason"] for row in buried] == ["invalid_key"]


async def test_paging_gives_each_figure_once_while_others_change(published):
    figures = [a_figure(structure_code=f"s{number:03}") for number in range(25)]
    async with published.replica() as client:
        await published.publish(*figures)
        await reached(client, lambda all_: len(all_) == 25)
        first = (await client.get("/v1/indicators", params={"limit": 10})).json()
        await published.publish(a_figure(structure_code="s000b"), a_figure(structure_code="s001", revision=2))
        await reached(client, lambda all_: len(all_) == 26)
        codes = [one["structure_code"] for one in first["items"]]
        cursor = first["next"]
        while cursor:
            page = (await client.get("/v1/indicators", params={"limit": 10, "cursor": cursor})).json()
            codes += [one["structure_code"] for one in page["items"]]
            cursor = page["next"]
        assert codes == [figure.structure_code for figure in figures]


async def test_filters_select_and_the_etag_spares_the_body(published):
    year = {"kind": "year", "start": date(2026, 1, 1), "end": date(2027, 1, 1)}
    async with published.replica() as client:
        await published.publish(
            a_figure(),
            a_figure(period=year, status="insufficient_sample", n=3),
            a_figure(structure_code="12345-b"),
            a_figure(indicator_code="answer_rate", engagements=["sp-plus-2021/7"]),
        )
        await reached(client, lambda all_: len(all_) == 4)
        assert len(await items(client, structure_code="12345")) == 3
        assert len(await items(client, structure_code="12345", indicator_code="experience_satisfaction")) == 2
        assert len(await items(client, indicator_code="experience_satisfaction")) == 3
        assert len(await items(client, period_kind="year", period_start="2026-01-01")) == 1
        assert [one["n"] for one in await items(client, status="insufficient_sample")] == [3]
        assert [one["indicator_code"] for one in await items(client, engagement="sp-plus-2021/7")] == ["answer_rate"]
        answer = await client.get("/v1/indicators")
        again = await client.get("/v1/indicators", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/indicators?structure_cod=1", "structure_cod"),
        ("/v1/indicators?structure_code=a%20b", "structure_code"),
        ("/v1/indicators?period_kind=unknown", "period_kind"),
        ("/v1/indicators?period_start=2026-13-01", "period_start"),
        ("/v1/indicators?limit=0", "limit"),
        ("/v1/indicators?cursor=%2B%2B", "cursor"),
        ("/v1/indicators.csv?limit=3", "limit"),
        ("/v1/indicators/history?structure_code=1&indicator_code=answer_rate&period_kind=day", "period_kind"),
        ("/v1/stream?last_event_id=-1", "last_event_id"),
    ],
)
async def test_parameter_that_is_unknown_or_malformed_is_named(published, path, field):
    async with published.replica() as client:
        answer = await client.get(path)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert [error["field"] for error in answer.json()["errors"]] == [f"query.{field}"]


async def test_history_lists_each_revision_in_order(published):
    async with published.replica() as client:
        await published.publish(*(a_figure(revision=revision, n=40 + revision) for revision in (1, 2, 5)))
        await reached(client, lambda all_: all_ and all_[0]["revision"] == 5)
        query = {"structure_code": "12345", "indicator_code": "experience_satisfaction", "period_kind": "month"}
        query["period_start"] = "2026-03-01"
        page = (await client.get("/v1/indicators/history", params={**query, "limit": 2})).json()
        rest = (await client.get("/v1/indicators/history", params={**query, "cursor": page["next"]})).json()
        assert [one["revision"] for one in page["items"] + rest["items"]] == [1, 2, 5]
        assert rest["next"] is None


async def test_csv_has_every_figure_and_no_zero_for_a_number_that_is_withheld(published):
    async with published.replica() as client:
        await published.publish(a_figure(), a_figure(structure_code="few", status="insufficient_sample", n=7))
        await reached(client, lambda all_: len(all_) == 2)
        answer = await client.get("/v1/indicators.csv")
        assert answer.content.startswith("\ufeffstructure_code;".encode())
        lines = [line.split(";") for line in answer.content.decode("utf-8-sig").splitlines()]
        few = dict(zip(lines[0], lines[2], strict=True))
        assert (few["status"], few["n"], few["value"], few["numerator"]) == ("insufficient_sample", "7", "", "")
        etag = answer.headers["etag"]
        assert (await client.get("/v1/indicators.csv", headers={"If-None-Match": etag})).status_code == 304
