"""Dead letters are listed masked, replayed exactly once through their own consumer, dropped, and expire."""

import argparse
import json
from datetime import UTC, datetime, timedelta

import pytest

from spplus_chassis import dead_letters_command, dead_letters_replay, metrics
from spplus_chassis.database import open_pool
from spplus_chassis.records import Record
from tests.conftest import run_apart
from tests.support.graves import PLACE, TOPIC, Cemetery
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

APPENDED_AT = datetime(2026, 3, 5, 8, 30, tzinfo=UTC)


def a_letter(offset: int, value: bytes | None = b"bad", headers: tuple = ()) -> Record:
    return Record(TOPIC, 0, offset, APPENDED_AT, b"k", value, headers)


@pytest.fixture
def graves(database_url):
    return Cemetery(database_url)


@pytest.fixture
def command(graves, capsys):
    """Run the command as its program does; gives the exit code and what it said."""

    def run(*words: str) -> tuple[int, str, str]:
        parser = argparse.ArgumentParser()
        dead_letters_command.add_arguments(parser)
        code = dead_letters_command.run(parser.parse_args(words), graves.service())
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_replay_of_a_record_that_became_acceptable_takes_it_exactly_once(graves, command):
    graves.bury(a_letter(7), a_letter(8, b"worse"))
    graves.refuses = lambda _value: False
    assert command("replay", PLACE + "7", "--yes")[0] == 0
    assert graves.drawn() == ["bad"]
    code, _, told = command("replay", PLACE + "7", "--yes")
    assert (code, graves.drawn()) == (0, ["bad"])
    assert "1 done before" in told
    assert graves.letters() == [(7, "bad", "replayed", None, None), (8, "bad", None, None, None)]


def test_replay_offers_the_record_as_it_came(graves, command):
    given = a_letter(7, b"\xff\x00", (("ce_id", b"\xfe"), ("other", None)))
    graves.bury(given)
    command("replay", PLACE + "7", "--yes")
    assert graves.prepared == [given]


def test_replay_of_a_record_refused_again_notes_the_new_reason_and_fails(graves, command):
    graves.bury(a_letter(7), a_letter(8, b"13"), a_letter(9, b"5"))
    code, _, told = command("replay", "--reason", "bad", "--yes")
    assert code == 1
    assert f"{PLACE}7: refused: still_bad: number: not one" in told
    assert "1 taken, 2 refused" in told
    assert graves.drawn() == ["5"]
    assert graves.letters() == [
        (7, "bad", None, "still_bad", None),
        (8, "bad", None, "refused_by_database", None),
        (9, "bad", "replayed", None, None),
    ]


def test_replay_rehearsed_changes_nothing(graves, command):
    graves.bury(a_letter(7), a_letter(8, b"5"))
    code, _, told = command("replay", "--topic", TOPIC, "--dry-run")
    assert (code, graves.drawn()) == (1, [])
    assert "would be: 1 taken, 1 refused" in told
    assert {letter[2:] for letter in graves.letters()} == {(None, None, None)}


def test_replay_without_anybody_to_ask_does_nothing(graves, command, monkeypatch, tmp_path):
    graves.bury(a_letter(7, b"5"))
    with (tmp_path / "nobody").open("w+") as nobody:
        monkeypatch.setattr("sys.stdin", nobody)
        code, _, told = command("replay", PLACE + "7")
    assert (code, graves.drawn()) == (1, [])
    assert "say --yes" in told


def test_replay_leaves_the_offsets_alone(graves, command):
    graves.bury(a_letter(7, b"5"))
    command("replay", PLACE + "7", "--yes")
    assert graves.query("SELECT * FROM consumer_offsets") == []


@pytest.mark.parametrize("words", [("replay", "--yes"), ("replay", PLACE + "99", "--yes"), ("show", PLACE + "99")])
def test_a_letter_that_nobody_names_or_knows_is_an_error(command, words):
    assert command(*words)[0] == 1


def test_dropped_letters_carry_why_and_are_not_replayed(graves, command):
    graves.bury(a_letter(7, b"5"))
    assert command("drop", PLACE + "7", "--because", "not_ours", "--yes")[0] == 0
    assert "1 done before" in command("replay", PLACE + "7", "--yes")[2]
    assert graves.letters() == [(7, "bad", "dropped", None, "not_ours")]
    assert graves.drawn() == []


def test_list_counts_by_reason_and_filters(graves, command):
    graves.bury(a_letter(7), a_letter(8))
    graves.bury(a_letter(9), reason="worse")
    command("drop", PLACE + "8", "--because", "test", "--yes")
    told = json.loads(command("list", "--json")[1])
    assert told["counts"] == [
        {"reason": "bad", "state": "waiting", "letters": 1},
        {"reason": "worse", "state": "waiting", "letters": 1},
    ]
    assert [letter["offset"] for letter in told["letters"]] == [7, 9]
    assert len(json.loads(command("list", "--all", "--json")[1])["letters"]) == 3
    assert [each["offset"] for each in json.loads(command("list", "--reason", "worse", "--json")[1])["letters"]] == [9]
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert json.loads(command("list", "--since", later, "--json")[1])["letters"] == []
    table = command("list", "--limit", "1")[1]
    assert PLACE + "7" in table
    assert PLACE + "9" not in table


def test_show_masks_the_content_unless_told_otherwise(graves, command):
    told = b'{"nom": "Jeanne Martin", "mail": "jeanne@exemple.fr"}'
    graves.bury(a_letter(7, told, (("ce_type", b"fr.spplus.feedback.submitted.v1"), ("x-who", b"Jeanne"))))
    code, shown, _ = command("show", PLACE + "7")
    assert code == 0
    assert "Jeanne" not in shown
    assert "jeanne" not in shown
    assert "fr.spplus.feedback.submitted.v1" in shown
    bare = json.loads(command("show", PLACE + "7", "--unmasked", "--json")[1])
    assert (bare["value"], bare["masked"]) == (told.decode(), False)
    assert ["x-who", "Jeanne"] in bare["headers"]


def test_letters_expire_emptied_and_are_forgotten_later(graves):
    graves.bury(a_letter(7), a_letter(8), a_letter(9))
    graves.query("UPDATE dead_letters SET refused_at = now() - interval '15 days' WHERE \"offset\" <> 9")
    graves.query(
        "UPDATE dead_letters SET resolution = 'replayed', resolved_at = now() - interval '15 days' WHERE \"offset\" = 8"
    )

    async def expire() -> int:
        pool = await open_pool(graves.database_url, 1)
        try:
            return await dead_letters_replay.expire(pool, timedelta(days=14))
        finally:
            await pool.close()

    assert run_apart(expire()) == 1
    rows = graves.query('SELECT "offset", resolution, value FROM dead_letters ORDER BY "offset"')
    assert [tuple(row) for row in rows] == [(7, "expired", None), (9, None, b"bad")]


@pytest.mark.asyncio
async def test_a_running_service_measures_what_waits(graves):
    graves.bury(a_letter(7), a_letter(8), a_letter(9))
    graves.bury(a_letter(10), reason="worse")
    graves.query("UPDATE dead_letters SET refused_at = now() - interval '1 hour' WHERE \"offset\" = 8")
    graves.query("UPDATE dead_letters SET resolution = 'dropped', resolved_at = now() WHERE \"offset\" = 9")
    service = graves.service()
    async with service.app.router.lifespan_context(service.app):

        async def measured() -> bool:
            return metrics.DEAD_LETTERS_ROWS.labels("bad")._value.get() == 2

        await eventually(measured, "two dead letters in the gauge")
        assert metrics.DEAD_LETTERS_ROWS.labels("worse")._value.get() == 1
        assert 3600 <= metrics.DEAD_LETTERS_AGE._value.get() < 3700
        stopped = metrics.CONSUMER_STOPPED.labels("numbers")
        await service._measure()
        assert stopped._value.get() == 0
        service.deliveries[0]._poison.tripped = True
        await service._measure()
        assert stopped._value.get() == 1
