"""Whole files of the open data, and the descriptions that they must keep to."""

import csv
import io
from datetime import UTC, date, datetime

import jsonschema
import pyarrow as pa
import pytest
from frictionless import Dialect, Resource, Schema, formats
from pyarrow import parquet
from rdflib import DCAT, Graph

from spplus_notifier import parquet_export, structures_csv
from spplus_notifier.csv_export import COLUMNS
from tests.support import catalogue_judge as judge
from tests.support.builders import a_closed_structure, a_figure, a_rolling_figure, a_structure
from tests.support.catalogue_judge import RDFLIB_WARNING
from tests.support.publication import items

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

MARCH = {"period_kind": "month", "period_start": "2026-03-01"}
JANUARY_2020 = {"kind": "month", "start": date(2020, 1, 1), "end": date(2020, 2, 1)}
PATH = "/v1/indicators.parquet"


async def read(client, **asked):
    answer = (await client.get(PATH, params=asked or MARCH)).raise_for_status()
    return parquet.read_table(io.BytesIO(answer.content)), answer


async def test_parquet_holds_every_figure_of_its_period_with_types(published):
    async with published.replica(dump_seconds=0) as client:
        await published.publish(
            a_figure(engagements=["sp-plus-2021/7", "sp-plus-2023/2"]),
            a_figure(structure_code="few", status="insufficient_sample", n=3),
            a_figure(structure_code="gone"),
            a_figure(structure_code="gone").key,
            a_rolling_figure(),
        )
        await published.settled()
        table, answer = await read(client)
        assert answer.headers["content-type"] == parquet_export.MEDIA_TYPE
        assert 'filename="indicateurs-month-2026-03-01.parquet"' in answer.headers["content-disposition"]
        assert tuple(table.column_names) == COLUMNS == tuple(name for name, _, _ in parquet_export.COLUMNS)
        full, few = table.to_pylist()
        assert (full["structure_code"], full["value"], full["interval_low"]) == ("12345", 0.75, 0.5981)
        assert (full["period_start"], full["engagements"]) == (
            date(2026, 3, 1),
            ["sp-plus-2021/7", "sp-plus-2023/2"],
        )
        assert full["computed_at"] == datetime.fromisoformat("2026-04-02T06:00:00Z")
        assert (few["status"], few["n"], few["value"], few["interval_method"]) == ("insufficient_sample", 3, None, None)
        assert table.schema.field("n").type == pa.int64()
        rolling, _ = await read(client, period_kind="rolling_12")
        assert rolling.num_rows == 1


async def test_parquet_is_built_again_only_when_something_changed_and_not_too_often(published):
    async with published.replica("1", dump_seconds=0) as eager, published.replica("2", dump_seconds=600) as patient:
        await published.publish(a_figure())
        await published.settled()
        (_, first), (_, kept) = await read(eager), await read(patient)
        assert (
            await eager.get(PATH, params=MARCH, headers={"If-None-Match": first.headers["etag"]})
        ).status_code == 304
        await published.publish(a_figure(structure_code="later"))
        await published.settled()
        table, second = await read(eager)
        assert table.num_rows == 2
        assert second.headers["etag"] != first.headers["etag"]
        assert (await read(patient))[1].headers["etag"] == kept.headers["etag"]


async def test_parquet_of_many_portions_is_one_file(published, monkeypatch):
    monkeypatch.setattr("spplus_notifier.dumps._PORTION", 3)
    async with published.replica() as client:
        await published.publish(*(a_figure(structure_code=f"s{number:02}") for number in range(10)))
        await published.settled()
        table, answer = await read(client)
        assert table["structure_code"].to_pylist() == [f"s{number:02}" for number in range(10)]
        assert parquet.ParquetFile(io.BytesIO(answer.content)).num_row_groups == 4


async def test_part_of_a_parquet_file_is_read_alone_also_while_a_newer_one_is_built(published):
    """As DuckDB and Arrow do: the end of the file first, then the columns."""
    async with published.replica(dump_seconds=0) as client:
        await published.publish(a_figure())
        await published.settled()
        _, whole = await read(client)
        await published.publish(a_figure(structure_code="later"))
        await published.settled()
        same = {"If-Range": whole.headers["etag"]}
        _, newer = await read(client)
        assert newer.headers["accept-ranges"] == "bytes"
        end = await client.get(PATH, params=MARCH, headers={"Range": "bytes=-4"})
        assert (end.status_code, end.content) == (206, b"PAR1")
        assert end.headers["etag"] == newer.headers["etag"]
        other = await client.get(PATH, params=MARCH, headers={"Range": "bytes=-4"} | same)
        assert (other.status_code, other.content) == (200, newer.content), "never parts of two files"


async def test_installation_without_the_library_says_so(published, monkeypatch):
    monkeypatch.setattr(parquet_export, "is_possible", lambda: False)
    async with published.replica() as client:
        answer = await client.get(PATH, params=MARCH)
        assert (answer.status_code, answer.headers["content-type"]) == (501, "application/problem+json")
        for path in ("/donnees-ouvertes", "/v1/catalogue.jsonld"):
            assert "parquet" not in (await client.get(path)).raise_for_status().text.lower()


@pytest.mark.parametrize("asked", ["", "period_kind=month", "period_kind=rolling_12&period_start=2026-03-01"])
async def test_parquet_wants_one_period(published, asked):
    async with published.replica() as client:
        assert (await client.get(f"{PATH}?{asked}")).status_code == 422


async def test_figures_keep_to_the_json_schema_that_is_published(published):
    async with published.replica() as client:
        await published.publish(a_figure(), a_rolling_figure(), a_figure(structure_code="few", status="not_collected"))
        await published.settled()
        schema = (await client.get("/v1/indicators.schema.json")).raise_for_status().json()
        validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        validator.check_schema(schema)
        found = await items(client)
        assert len(found) == 3
        assert [error.message for figure in found for error in validator.iter_errors(figure)] == []
        assert not validator.is_valid(found[0] | {"n": -1})


async def test_csv_keeps_to_the_table_schema_that_is_published(published, tmp_path):
    """Judged by frictionless, whose makers wrote the specification."""
    computed_at = datetime(2026, 4, 2, 6, 0, 0, 123456, tzinfo=UTC)
    async with published.replica() as client:
        await published.publish(
            a_figure(engagements=["sp-plus-2021/7", "sp-plus-2023/2"], computed_at=computed_at),
            a_figure(structure_code="few", status="insufficient_sample", n=3),
            a_figure(structure_code="low", value=0.00001, numerator=1),
            a_rolling_figure(provisional=True),
        )
        await published.settled()
        told = (await client.get("/v1/indicators.table-schema.json")).raise_for_status().json()
        exported = (await client.get("/v1/indicators.csv")).content
        page = (await client.get("/donnees-ouvertes")).text
    schema = Schema.from_descriptor(told)
    assert list(Schema.metadata_validate(told)) == []
    assert faults(tmp_path, exported, schema) == []
    for broken in (b";perhaps;", b";;"):
        assert faults(tmp_path, exported.replace(b";ok;", broken, 1), schema), "the judge can say no"
    again = exported + exported.splitlines(keepends=True)[1]
    assert faults(tmp_path, again, schema) == ["primary-key"]
    for field in told["fields"]:
        cell, wrong = schema.get_field(field["name"]).read_cell(str(field["example"]))
        assert (cell is None, wrong) == (False, None), field["name"]
    assert "/v1/indicators.table-schema.json" in page


async def test_structures_give_the_names_of_the_codes_in_the_form_of_their_schema(published, tmp_path, monkeypatch):
    monkeypatch.setattr("spplus_notifier.api_files.STRUCTURES_PAGE", 2)
    async with published.replica() as client:
        await published.publish(
            a_structure(code="top", name='Direction "générale" ; siège', town=None, post_code=None, department=None),
            a_structure(parent="top"),
            a_structure(code="odd", name="=HYPERLINK(1)", parent="top"),
            a_closed_structure(date(2026, 6, 30), code="shut", successor_code="12345"),
        )
        await published.settled()
        told = (await client.get("/v1/structures.table-schema.json")).raise_for_status().json()
        answer = await client.get("/v1/structures.csv")
        tag = {"If-None-Match": answer.headers["etag"]}
        assert (await client.get("/v1/structures.csv", headers=tag)).status_code == 304
        await published.publish(a_structure(code="top", version=2, name="Direction"))
        await published.settled()
        assert (await client.get("/v1/structures.csv", headers=tag)).status_code == 200
    assert list(Schema.metadata_validate(told)) == []
    assert faults(tmp_path, answer.content, Schema.from_descriptor(told)) == []
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert list(rows[0]) == list(structures_csv.COLUMNS) == [field["name"] for field in told["fields"]]
    assert [row["code"] for row in rows] == ["12345", "odd", "shut", "top"]
    town, odd, shut, top = rows
    assert (town["parent_code"], town["town"], town["active"]) == ("top", "Villeneuve", "true")
    assert odd["name"] == "'=HYPERLINK(1)", "no spreadsheet calculates a name"
    assert (shut["active"], shut["closed_on"], shut["successor_code"]) == ("false", "2026-06-30", "12345")
    assert (top["name"], top["town"], top["parent_code"]) == ('Direction "générale" ; siège', "", "")


def faults(folder, exported, schema):
    """Kinds of faults that frictionless finds in a CSV."""
    file = folder / "indicateurs.csv"
    file.write_bytes(exported)
    dialect = Dialect(controls=[formats.CsvControl(delimiter=";")])
    report = Resource(path=file.name, basepath=str(folder), dialect=dialect, schema=schema).validate()
    assert report.stats["tasks"] == 1
    return [kind for [kind] in report.flatten(["type"])]


@pytest.mark.filterwarnings(RDFLIB_WARNING)
async def test_catalogue_describes_what_is_there(published):
    """Its links lead somewhere, its period begins with the first figure."""
    async with published.replica(contact_url="mailto:donnees@example.org") as client:
        await published.publish(a_rolling_figure(), a_figure(), a_figure(structure_code="gone", period=JANUARY_2020))
        await published.publish(a_figure(structure_code="gone", period=JANUARY_2020).key)
        await published.settled()
        answer = (await client.get("/v1/catalogue.jsonld")).raise_for_status()
        assert answer.headers["content-type"] == "application/ld+json"
        graph = Graph().parse(data=answer.text, format="json-ld")
        assert judge.faults(graph) == ""
        [since] = graph.objects(None, DCAT.startDate)
        assert since.toPython() == date(2025, 4, 1)
        own = {str(node) for triple in graph for node in triple if str(node).startswith(str(client.base_url))}
        addresses = {each.partition("#")[0] for each in own if "/v1/stream" not in each}
        assert len(addresses) > 5
        for address in addresses:
            assert (await client.get(address)).status_code == 200, address
