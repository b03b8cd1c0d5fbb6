"""Keys of other systems: made with what they may do, replaced without a gap, ended; every act leaves a trace."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from spplus_feedback.__main__ import main
from spplus_feedback.access import (
    WHOLE_SOURCE,
    BadKeyError,
    Scope,
    create_key,
    list_keys,
    revoke_key,
    rotate_key,
    use_key,
)
from tests.support.agency import AGENCY
from tests.support.intake import Door

FIXTURES = Path(__file__).parents[2] / "fixtures"
EVENTS = [Scope.SUBMIT_FEEDBACK]
pytestmark = pytest.mark.integration


@pytest.mark.asyncio
async def test_key_rotated_leaves_both_in_force_during_the_overlap(door: Door) -> None:
    connection = await asyncpg.connect(door.dsn)
    ends_at = datetime.now(UTC) + timedelta(days=90)
    old = await create_key(
        connection, name="x", scopes=EVENTS, structure_code=WHOLE_SOURCE, source=AGENCY.code, expires_at=ends_at
    )
    key = await use_key(connection, old)
    assert key is not None
    rotated = await rotate_key(connection, key.id, overlap=timedelta(hours=1), by="account:7")
    assert rotated is not None
    number, new = rotated
    for text in (old, new):
        used = await use_key(connection, text)
        assert used is not None
        assert (used.scopes, used.source) == ({Scope.SUBMIT_FEEDBACK.value}, AGENCY.code)
    assert await rotate_key(connection, key.id, overlap=timedelta(hours=1)) is None
    await connection.execute("UPDATE api_keys SET expires_at = now() WHERE id = $1", key.id)
    assert await use_key(connection, old) is None
    assert await use_key(connection, new) is not None
    listed = {each.id: each for each in await list_keys(connection)}
    assert (listed[key.id].in_force, listed[key.id].replaced_by, listed[number].in_force) == (False, number, True)
    assert abs(listed[number].expires_at - ends_at) < timedelta(minutes=1)
    assert await revoke_key(connection, number)
    assert await use_key(connection, new) is None
    acts = await connection.fetch(
        "SELECT actor, action FROM acts WHERE subject = ANY ($1) ORDER BY act_id", [str(key.id), str(number)]
    )
    assert [tuple(act) for act in acts] == [
        ("operator", "key.created"),
        ("account:7", "key.rotated"),
        ("operator", "key.revoked"),
    ]
    await connection.close()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("scopes", "structure", "source"),
    [
        ([], "racine", None),
        (EVENTS, "racine", None),
        (EVENTS, "racine", "nobody"),
        (EVENTS, "nowhere", "agence"),
        ([Scope.READ_REQUESTS], "racine", "agence"),
        ([Scope.READ_REQUESTS], WHOLE_SOURCE, None),
        ([Scope.READ_REQUESTS, *EVENTS], WHOLE_SOURCE, "agence"),
    ],
)
async def test_key_that_would_mean_nothing_is_not_made(door: Door, scopes, structure, source) -> None:
    connection = await asyncpg.connect(door.dsn)
    with pytest.raises(BadKeyError):
        await create_key(connection, name="x", scopes=scopes, structure_code=structure, source=source)
    await connection.close()


def test_commands_key_of_a_source_is_made_replaced_and_counted(
    database_url, kafka, topic_prefix, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("SPPLUS_FEEDBACK_DATABASE_URL", database_url)
    monkeypatch.setenv("SPPLUS_KAFKA_BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("SPPLUS_TOPIC_PREFIX", topic_prefix)
    main(["migrate"])
    main(["import-structures", str(FIXTURES / "structures.csv"), "--rejects", str(tmp_path / "r.csv")])
    adding = ["sources", "add", "phares", "--name", "Standard", "--feedback", "survey", "--structure", "bC4eF6gH8i"]
    assert main(adding) == 0
    making = ["keys", "create", "--name", "phares", "--scope", "events:feedback.submitted"]
    assert main(making) == 1
    assert main([*making, "--source", "phares", "--expires", "2020-01-01"]) == 1
    assert main([*making, "--source", "nobody"]) == 1
    capsys.readouterr()
    assert main([*making, "--source", "phares", "--expires", "2090-01-01"]) == 0
    first = capsys.readouterr().out.strip()
    assert main(["keys", "rotate", "1", "--overlap-hours", "-1"]) == 1
    assert main(["keys", "rotate", "1"]) == 0
    assert capsys.readouterr().out.strip() != first
    assert main(["keys", "rotate", "1"]) == 1
    assert main(["keys", "list"]) == 0
    assert "in force, see 2" in capsys.readouterr().out
    assert main(["sources", "list"]) == 0
    assert main(["sources", "counts", "phares"]) == 0
    assert "verdict" in capsys.readouterr().out
