"""One table for both doors: the same bytes over HTTP and on the inbound topic meet the same verdict."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from spplus_chassis.records import Batch, Record
from spplus_contracts.topics import FEEDBACK_SUBMITTED, inbound
from spplus_feedback.gate import Gate
from spplus_feedback.gate_rules import Source
from spplus_feedback.reasons import BUS, HTTP, REASONS
from spplus_feedback.sources import remove_source
from tests.support.agency import (
    AGENCY,
    RIVAL,
    STRUCTURED,
    Agency,
    a_letter,
    a_survey,
    make_key,
    register,
    said,
    some_calls,
    taken_back,
)
from tests.support.builders import a_structure
from tests.support.bus import send_all
from tests.support.intake import Door
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

AHEAD = datetime(2099, 1, 1, tzinfo=UTC)


def but(event: dict[str, Any], **data: Any) -> dict[str, Any]:
    return event | {"data": event["data"] | data}


TABLE: list[tuple[str, Any]] = [
    ("bad_json", b'{"specversion": nothing}'),
    ("bad_json", b"[1, 2]"),
    ("bad_json", b'"text"'),
    ("missing_attribute", {name: value for name, value in said(a_survey()).items() if name != "id"}),
    ("missing_attribute", said(a_survey(), data=None)),
    ("missing_attribute", said(a_survey(), type="")),
    ("missing_attribute", said(a_survey()) | {"source": 7}),
    ("bad_header", said(a_survey(), specversion="0.3")),
    ("bad_header", said(a_survey(), time="yesterday")),
    ("bad_header", said(a_survey(), time="2024-03-05T09:00:00")),
    ("bad_header", said(a_survey(), "jean dupont")),
    ("bad_header", said(a_survey(), "jean@example.org")),
    ("bad_header", said(a_survey(), "x" * 300)),
    ("source_mismatch", said(a_survey(), source=RIVAL.code)),
    ("source_mismatch", said(a_survey(), source="spplus")),
    ("unknown_type", said(a_survey(), type="fr.spplus.feedback.shouted.v1")),
    ("type_not_granted", said(a_structure(code="guichet"))),
    ("invalid_data", but(said(a_survey()), sentiment="delighted")),
    ("invalid_data", but(said(a_survey()), submitted_at=1709629200)),
    ("invalid_data", said(a_survey()) | {"data": None}),
    ("invalid_data", said(a_survey()) | {"data": []}),
    ("invalid_data", but(said(a_letter()), form="several")),
    ("kind_not_granted", said(a_survey(kind="procedure_rating"))),
    ("kind_not_granted", said(a_letter(request_kind="complaint"))),
    ("form_not_granted", said(some_calls(request_kind="letter"))),
    ("form_not_granted", said(a_letter(request_kind="call"))),
    ("unknown_structure", said(a_survey(structure_code="nowhere"))),
    ("outside_part", said(a_survey(structure_code="autre"))),
    ("outside_part", said(taken_back(structure_code="autre"))),
    ("foreign_request", said(a_survey(request_source="spplus"))),
    ("foreign_request", said(taken_back(request_source="spplus", request_id=str(uuid.uuid4())))),
    ("foreign_request", said(a_letter(request_source=RIVAL.code))),
    ("unknown_request", said(a_letter(request_source="spplus", request_kind="experience"))),
    ("in_the_future", said(a_survey(submitted_at=AHEAD))),
    ("in_the_future", said(a_survey(), time="2099-01-01T00:00:00Z")),
    ("in_the_future", said(some_calls(month="2098-01"))),
]
ELSEWHERE = {"inactive_source"}
"""Of both doors, tested below on a source of its own."""


def as_bytes(event: Any) -> bytes:
    return event if isinstance(event, bytes) else json.dumps(event).encode()


async def on_the_bus(door: Door, source: Source, bodies: list[bytes]) -> dict[bytes, str]:
    """The reason of each of these records, all of which must be buried."""
    headers = [("content-type", STRUCTURED.encode())]
    records = [(str(number).encode(), body, headers) for number, body in enumerate(bodies)]
    await send_all(door.bootstrap, door.prefix + inbound(source.code).name, records)
    found: dict[bytes, str] = {}

    async def buried() -> bool:
        rows = await door.fetch("SELECT value, reason FROM dead_letters WHERE topic = $1", inbound(source.code).name)
        found.update({row["value"]: row["reason"] for row in rows})
        return set(bodies) <= found.keys()

    await eventually(buried, "every record to be buried", seconds=60)
    return found


async def test_the_same_bytes_meet_the_same_verdict_at_both_doors(door: Door, agency: Agency) -> None:
    bodies = [as_bytes(event) for _, event in TABLE]
    answer = await agency.post(b"[" + b",".join(bodies) + b"]")
    over_http = [result["reason"] for result in answer.json()["results"]]
    buried = await on_the_bus(door, AGENCY, bodies)
    expected = [reason for reason, _ in TABLE]
    assert over_http == expected
    assert [buried[body] for body in bodies] == expected


async def test_the_table_holds_every_reason_of_both_doors() -> None:
    at_both = {reason.code for reason in REASONS if set(reason.doors) == {HTTP, BUS}}
    assert {reason for reason, _ in TABLE} == at_both - ELSEWHERE


async def test_a_source_taken_out_of_the_register_is_refused_at_both_doors(door: Door) -> None:
    gone = Source(
        "partie", "Une agence partie", feedback_kinds=frozenset({"survey"}), structure_codes=frozenset({"racine"})
    )
    await register(door.dsn, gone)
    client = Agency(door, await make_key(door.dsn, source=gone))
    before, after = said(a_survey(), source=gone.code), said(a_survey(), source=gone.code)
    assert await client.verdicts(before) == ["accepted"]
    connection = await asyncpg.connect(door.dsn)
    assert await remove_source(connection, gone.code)
    await connection.close()
    assert await client.verdicts(before, after) == ["duplicate", "inactive_source"]
    assert await refused_by_gate(door, gone, after) == ["inactive_source"]


async def refused_by_gate(door: Door, source: Source, event: dict[str, Any]) -> list[str]:
    """What the gate says of one record, without the wait until it notices a topic that was just made."""
    headers = (("content-type", STRUCTURED.encode()),)
    batch = Batch([Record(inbound(source.code).name, 0, 0, datetime.now(UTC), b"k", as_bytes(event), headers)])
    gate = Gate()
    connection = await asyncpg.connect(door.dsn)
    async with connection.transaction():
        await gate.apply(connection, batch, gate.prepare(batch))
    await connection.close()
    return [refusal.reason for refusal in batch.refusals]


async def test_what_is_refused_counts_nothing_and_its_neighbour_does(door: Door, agency: Agency) -> None:
    marker = str(uuid.uuid4())
    refused = [
        said(a_survey(request_id=marker, structure_code="autre")),
        said(a_survey(request_id=marker), source="spplus"),
    ]
    assert "accepted" not in await agency.verdicts(*refused)
    assert await agency.verdicts(said(a_survey(request_id=marker))) == ["accepted"]
    records = await door.heard(FEEDBACK_SUBMITTED, 1, [marker])
    assert [json.loads(record.value)["structure_code"] for record in records] == ["guichet"]
