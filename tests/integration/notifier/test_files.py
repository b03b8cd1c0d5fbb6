"""Whole files of the open data, and the descriptions that they must keep to."""

import csv
import io
from datetime import date, datetime

import jsonschema
import pyarrow as pa
import pytest
from pyarrow import parquet

from spplus_notifier import parquet_export
from spplus_notifier.csv_export import COLUMNS
from tests.support.builders import a_figure, a_rolling_figure
from tests.support.publication import items

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

MARCH = {"period_kind": "month", "period_start": "2026-03-01"}
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
        judge = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        judge.check_schema(schema)
        found = await items(client)
        assert len(found) == 3
        assert [error.message for figure in found for error in judge.iter_errors(figure)] == []
        assert not judge.is_valid(found[0] | {"n": -1})


async def test_csv_keeps_to_the_table_schema_that_is_published(published):
    async with published.replica() as client:
        await published.publish(
            a_figure(engagements=["sp-plus-2021/7"]),
            a_figure(structure_code="few", status="insufficient_sample", n=3),
            a_rolling_figure(provisional=True),
        )
        await published.settled()
        schema = (await client.get("/v1/indicators.table-schema.json")).raise_for_status().json()
        text = (await client.get("/v1/indicators.csv")).text.removeprefix("\ufeff")
        rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
        assert [field["name"] for field in schema["fields"]] == list(rows[0]) == list(COLUMNS)
        judge = jsonschema.Draft202012Validator(as_json_schema(schema))
        assert [error.message for row in rows for error in judge.iter_errors(typed(schema, row))] == []
        keys = [tuple(row[name] for name in schema["primaryKey"]) for row in rows]
        assert len(set(keys)) == len(rows) == 3
        broken = dict(typed(schema, rows[0]), status="perhaps")
        assert not judge.is_valid(broken)
        examples = {field["name"]: str(field["example"]) for field in schema["fields"]}
        assert judge.is_valid(typed(schema, examples))


READERS = {
    "string": str,
    "number": float,
    "integer": int,
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": lambda text: date.fromisoformat(text).isoformat(),
    "datetime": lambda text: datetime.fromisoformat(text).isoformat(),
}


def typed(schema, row):
    """A row of the CSV as values, as a reader of the Table Schema takes it."""
    missing = schema["missingValues"]
    return {
        field["name"]: READERS[field["type"]](row[field["name"]])
        for field in schema["fields"]
        if row[field["name"]] not in missing
    }


def as_json_schema(schema):
    """The constraints of a Table Schema, which are those of JSON Schema by the same names."""
    properties = {
        field["name"]: {name: value for name, value in field["constraints"].items() if name != "required"}
        for field in schema["fields"]
    }
    required = [field["name"] for field in schema["fields"] if field["constraints"]["required"]]
    return {"properties": properties, "required": required, "additionalProperties": False}


MANDATORY = {
    "dcat:Catalog": {"dct:title", "dct:description", "dct:publisher"},
    "dcat:Dataset": {"dct:title", "dct:description", "dcat:distribution", "dct:publisher", "dcat:theme"},
    "dcat:Distribution": {"dcat:accessURL", "dct:format", "dct:license"},
    "dcat:DataService": {"dcat:endpointURL", "dct:title"},
    "foaf:Agent": {"foaf:name"},
}
"""Properties that DCAT-AP asks for, and those without which the national catalogue shows little."""


async def test_catalogue_has_what_dcat_ap_asks_for_and_its_links_lead_somewhere(published):
    settings = {"publisher_name": "Une direction", "contact_url": "mailto:donnees@example.org"}
    async with published.replica(**settings) as client:
        await published.publish(a_rolling_figure())
        await published.settled()
        answer = (await client.get("/v1/catalogue.jsonld")).raise_for_status()
        assert answer.headers["content-type"] == "application/ld+json"
        graph = answer.json()["@graph"]
        assert {node["@type"] for node in graph} == set(MANDATORY)
        for node in graph:
            assert MANDATORY[node["@type"]] <= node.keys(), node["@id"]
        ids = [node["@id"] for node in graph]
        assert len(set(ids)) == len(ids)
        [catalogue] = [node for node in graph if node["@type"] == "dcat:Catalog"]
        [data_set] = [node for node in graph if node["@type"] == "dcat:Dataset"]
        linked = [*catalogue["dcat:dataset"], *catalogue["dcat:service"], *data_set["dcat:distribution"]]
        assert {link["@id"] for link in linked} <= set(ids)
        assert data_set["dcat:contactPoint"]["vcard:hasURL"] == {"@id": "mailto:donnees@example.org"}
        assert data_set["dct:modified"]["@type"] == "xsd:dateTime"
        own = {address for address in addresses(graph) if address.startswith(str(client.base_url))}
        for address in {one.partition("#")[0] for one in own if "/v1/stream" not in one}:
            assert (await client.get(address)).status_code == 200, address
        page = (await client.get("/donnees-ouvertes")).text
        for path in ("catalogue.jsonld", "indicators.schema.json", "indicators.table-schema.json"):
            assert f"/v1/{path}" in page


def addresses(node):
    """Every address that a document names."""
    if isinstance(node, dict):
        return {node["@id"]} | addresses(list(node.values())) if "@id" in node else addresses(list(node.values()))
    return set().union(*map(addresses, node)) if isinstance(node, list) else set()
