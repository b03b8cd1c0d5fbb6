"""What the gate refused for want of a grant is forwarded once after the grant was given."""

import json
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from spplus_chassis import dead_letters
from spplus_chassis.records import Record, Refusal
from spplus_contracts import Envelope
from spplus_contracts.topics import REQUEST_ANSWERED, inbound
from spplus_feedback.__main__ import main
from tests.conftest import run_apart
from tests.support.builders import a_bulk

pytestmark = pytest.mark.integration

STRUCTURES = Path(__file__).parents[2] / "fixtures" / "structures.csv"
TOLD_AT = datetime(2026, 4, 2, 9, tzinfo=UTC)
TOPIC = inbound("agency").name


def a_refusal() -> Refusal:
    event = a_bulk(structure_code="STR-101")
    envelope = Envelope(id="e-1", source="agency", type=event.TYPE, time=TOLD_AT)
    record = Record(TOPIC, 2, 40, TOLD_AT, b"STR-101", event.to_json(), tuple(envelope.headers()))
    return Refusal(record, "unknown_source", "the source is not registered")


async def bury(url: str) -> None:
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        await dead_letters.bury(connection, "feedback-gate", "spplus.feedback.dead-letters.v1", [a_refusal()])
    await connection.close()


async def forwarded(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT id FROM outbox WHERE aggregatetype = $1", REQUEST_ANSWERED.name)
    await connection.close()
    return [row[0] for row in rows]


def test_gate_forwards_a_refused_event_once_after_the_grant(
    database_url, kafka, topic_prefix, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("SPPLUS_FEEDBACK_DATABASE_URL", database_url)
    monkeypatch.setenv("SPPLUS_KAFKA_BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("SPPLUS_TOPIC_PREFIX", topic_prefix)
    assert main(["migrate"]) == 0
    assert main(["import-structures", str(STRUCTURES), "--rejects", str(tmp_path / "rejects.csv")]) == 0
    run_apart(bury(database_url))
    replay = ["dead-letters", "replay", f"{TOPIC}/2/40", "--yes"]
    assert main(replay) == 1
    assert run_apart(forwarded(database_url)) == []
    assert main(["sources", "add", "agency", "--name", "Agence", "--structure", "STR-101", "--bulk", "call"]) == 0
    assert [main(replay), main(replay)] == [0, 0]
    assert run_apart(forwarded(database_url)) == ["e-1"]
    capsys.readouterr()
    assert main(["dead-letters", "list", "--all", "--json"]) == 0
    (letter,) = json.loads(capsys.readouterr().out)["letters"]
    assert (letter["state"], letter["reason"], letter["consumer"]) == ("replayed", "unknown_source", "feedback-gate")
