"""Imports go through the handlers of the HTTP door; run again, or cut short and run again, they change nothing more."""

import csv
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from spplus_chassis.migrations import migrate
from spplus_feedback.imports import experience_rows, structure_rows
from spplus_feedback.imports.experiences_import import ExperiencesImport
from spplus_feedback.imports.report import Report, remarks_file
from spplus_feedback.imports.structures_import import StructuresImport
from spplus_feedback.imports.table import Table
from spplus_feedback.structures_queries import structures_of
from spplus_feedback.structures_repository import Declared

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

FIXTURES = Path(__file__).parents[2] / "fixtures"
NOW = datetime(2024, 6, 1, 8, tzinfo=UTC)
LATER = datetime(2025, 6, 1, 8, tzinfo=UTC)


class Imports:
    """The imports on a real database."""

    def __init__(self, pool, folder):
        self.pool, self.rejects = pool, folder / "rejects.csv"

    async def structures(self, path, *, now=NOW, **options):
        with Table(path, structure_rows.REQUIRED) as table, remarks_file(self.rejects) as remarks:
            report = Report(remarks)
            declared = await StructuresImport(lambda: self.pool, report, now, now.date(), **options).run(table)
        return declared, report

    async def experiences(self, path, **options):
        with Table(path, experience_rows.REQUIRED) as table, remarks_file(self.rejects) as remarks:
            report = Report(remarks)
            await ExperiencesImport(lambda: self.pool, report, NOW, NOW.date(), **options).run(table)
        return report

    async def told(self, topic):
        """Data of the events of a topic, in the order told."""
        rows = await self.pool.fetch("SELECT payload FROM outbox WHERE aggregatetype = $1 ORDER BY seq", topic)
        return [json.loads(row["payload"]) for row in rows]

    async def everything(self):
        """Number of rows of each table that an import writes."""
        tables = ("outbox", "structures", "structure_parents", "feedbacks", "requests", "statements")
        return {table: await self.pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables}

    def rejected(self):
        with self.rejects.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, delimiter=";"))


@pytest_asyncio.fixture
async def imports(database_url, tmp_path):
    await migrate(database_url, "spplus_feedback")
    async with asyncpg.create_pool(database_url, min_size=0, max_size=3) as pool:
        yield Imports(pool, tmp_path)


@pytest_asyncio.fixture
async def with_structures(imports):
    await imports.structures(FIXTURES / "structures.csv")
    return imports


SUBMITTED = "spplus.feedback.submitted.v1"
ANSWERED = "spplus.request.answered.v1"


async def test_structures_are_declared_with_their_tree(imports):
    declared, report = await imports.structures(FIXTURES / "structures.csv")
    assert declared == Declared(created=11)
    assert report.reasons == {"bad_post_code": 2}
    told = {event["code"]: event for event in await imports.told("spplus.structure.declared.v1")}
    assert len(told) == 11
    assert told["STR-101"]["parents"] == [{"parent_code": "bC4eF6gH8i", "valid_from": "2015-01-01"}]
    assert "parents" not in told["aB3dE5fG7h"] or told["aB3dE5fG7h"]["parents"] == []


async def test_structures_twice_change_nothing(with_structures):
    before = await with_structures.everything()
    declared, _ = await with_structures.structures(FIXTURES / "structures.csv", now=LATER)
    assert declared == Declared(unchanged=11)
    assert await with_structures.everything() == before


async def test_structures_that_moved_keep_their_past(with_structures, tmp_path):
    text = (FIXTURES / "structures.csv").read_text(encoding="utf-8")
    moved = tmp_path / "moved.csv"
    moved.write_text(text.replace("Sémaphore de la Garoupe;;;;;bC4eF6gH8i", "Sémaphore de la Garoupe;;;;;cD5fG7hI9j"))
    declared, _ = await with_structures.structures(moved, now=LATER)
    assert declared == Declared(changed=1, unchanged=10)
    stored = (await structures_of(with_structures.pool, ["STR-105"]))["STR-105"]
    assert stored.version == 2
    assert [(link.parent_code, str(link.valid_from)) for link in stored.parents] == [
        ("bC4eF6gH8i", "2015-01-01"),
        ("cD5fG7hI9j", "2025-06-01"),
    ]


async def test_structures_keep_what_the_list_does_not_know(with_structures):
    await with_structures.pool.execute(
        """UPDATE structures SET declared = declared || '{"not_applicable": ["pickup_rate"]}' WHERE code = 'STR-101'"""
    )
    declared, _ = await with_structures.structures(FIXTURES / "structures.csv", now=LATER)
    assert declared == Declared(unchanged=11)


async def test_structures_in_doubt_are_reported(imports):
    declared, report = await imports.structures(FIXTURES / "structures-doubtful.csv")
    assert declared == Declared(created=4)
    assert report.counts["unreadable"] == 4
    reasons = Counter(row["reason"] for row in imports.rejected())
    assert reasons == {
        "invalid_structure": 3,
        "wrong_columns": 1,
        "unknown_parent": 1,
        "circular_parent": 2,
        "duplicate_code": 1,
        "bad_department": 1,
    }
    assert (await structures_of(imports.pool, ["X5"]))["X5"].name == "Deux fois, après"


async def test_structures_dry_run_changes_nothing(imports):
    declared, _ = await imports.structures(FIXTURES / "structures.csv", dry_run=True)
    assert declared == Declared(created=11)
    assert not any((await imports.everything()).values())


async def test_experiences_become_stories_and_events(with_structures):
    report = await with_structures.experiences(FIXTURES / "experiences.csv")
    assert report.counts == {"rows": 10, "new": 10, "requests": 11, "answers": 2}
    told = await with_structures.told(SUBMITTED)
    assert len(told) == 11
    first = told[0]
    assert first["structure_code"] == "STR-101"
    assert first["submitted_at"] == "2021-03-05T11:00:00Z"
    assert sorted(first["channels"]) == ["desk", "online_procedure"]
    assert (first["sentiment"], first["department"], first["country"]) == ("positive", "29", "FR")
    assert "answer_due_at" not in first
    assert len({event["feedback_id"] for event in told}) == 10


async def test_experiences_texts_stay_in_the_database(with_structures):
    await with_structures.experiences(FIXTURES / "experiences.csv")
    stories = await with_structures.pool.fetch("SELECT story FROM feedbacks ORDER BY submitted_at")
    assert stories[0]["story"] == 'Première ligne ;\navec "guillemets"\n\nfin.'
    answers = await with_structures.pool.fetch("SELECT answer FROM statements WHERE answer IS NOT NULL")
    assert [row["answer"] for row in answers] == ["Merci à vous"]
    events = json.dumps([*await with_structures.told(SUBMITTED), *await with_structures.told(ANSWERED)])
    assert "guillemets" not in events
    assert "Merci" not in events


async def test_experiences_answers_come_from_the_structure_that_answered(with_structures):
    await with_structures.experiences(FIXTURES / "experiences.csv")
    answers = await with_structures.told(ANSWERED)
    assert [(event["structure_code"], event["answered_at"]) for event in answers] == [
        ("STR-101", "2021-03-09T11:00:00Z"),
        ("STR-104", "2022-01-15T11:00:00Z"),
    ]
    asked = {event["request_id"] for event in await with_structures.told(SUBMITTED)}
    assert {event["request_id"] for event in answers} <= asked
    statuses = await with_structures.pool.fetch("SELECT status, count(*) FROM requests GROUP BY status")
    assert dict(statuses) == {"answered": 2, "waiting": 9}


async def test_experiences_without_their_structure_are_attached_and_reported(with_structures):
    await with_structures.experiences(FIXTURES / "experiences.csv")
    placed = {
        row["row"]: (row["reason"], row["attached_to"]) for row in with_structures.rejected() if row["attached_to"]
    }
    assert placed == {
        "9005": ("typology", "bC4eF6gH8i"),
        "9006": ("network", "dE6gH8iJ0k"),
        "9007": ("typology_of_row", "dE6gH8iJ0k"),
        "9008": ("unknown_structure", "hors-structures"),
        "9009": ("same_structure", "STR-101"),
        "9010": ("unknown_structure", "hors-structures"),
    }


async def test_experiences_fallback_is_declared_when_it_is_needed(with_structures):
    await with_structures.experiences(FIXTURES / "experiences.csv")
    stored = (await structures_of(with_structures.pool, ["hors-structures"]))["hors-structures"]
    assert (stored.name, stored.parents) == ("Hors-structures", ())
    told = await with_structures.told("spplus.structure.declared.v1")
    assert [event["code"] for event in told].count("hors-structures") == 1


async def test_experiences_fallback_may_be_another_structure(with_structures):
    await with_structures.experiences(FIXTURES / "experiences.csv", fallback="aB3dE5fG7h")
    assert await structures_of(with_structures.pool, ["hors-structures"]) == {}


async def test_experiences_twice_change_nothing(with_structures):
    await with_structures.experiences(FIXTURES / "experiences.csv")
    before = await with_structures.everything()
    report = await with_structures.experiences(FIXTURES / "experiences.csv")
    assert (report.counts["new"], report.counts["known"], report.counts["answers"]) == (0, 10, 0)
    assert await with_structures.everything() == before


async def test_experiences_cut_short_are_completed_by_the_next_run(with_structures, monkeypatch):
    monkeypatch.setattr("spplus_feedback.imports.experiences_import._CHUNK", 3)
    chunks = iter(range(3))

    def power_cut():
        if next(chunks) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await with_structures.experiences(FIXTURES / "experiences.csv", after_chunk=power_cut)
    assert (await with_structures.everything())["feedbacks"] == 6
    report = await with_structures.experiences(FIXTURES / "experiences.csv")
    assert (report.counts["new"], report.counts["known"]) == (4, 6)
    ids = [event["request_id"] for event in await with_structures.told(SUBMITTED)]
    assert len(ids) == len(set(ids)) == 11


async def test_experiences_placed_better_later_are_not_counted_twice(imports):
    await imports.experiences(FIXTURES / "experiences.csv")
    await imports.structures(FIXTURES / "structures.csv")
    report = await imports.experiences(FIXTURES / "experiences.csv")
    assert report.counts["new"] == 0


async def test_experiences_answered_since_the_first_file_get_their_answer(with_structures, tmp_path):
    text = (FIXTURES / "experiences.csv").read_text(encoding="utf-8-sig")
    updated = tmp_path / "updated.csv"
    updated.write_text(
        text.replace('"9003";"A traiter";"2022-01-01";"";""', '"9003";"Traitée";"2022-01-01";"";"2022-01-20"')
    )
    await with_structures.experiences(FIXTURES / "experiences.csv")
    report = await with_structures.experiences(updated)
    assert (report.counts["new"], report.counts["answers"]) == (0, 1)


async def test_experiences_answer_that_changed_keeps_the_first_and_is_reported(with_structures, tmp_path):
    text = (FIXTURES / "experiences.csv").read_text(encoding="utf-8-sig")
    updated = tmp_path / "updated.csv"
    updated.write_text(text.replace("Merci à vous", "Merci encore"))
    await with_structures.experiences(FIXTURES / "experiences.csv")
    before = await with_structures.everything()
    report = await with_structures.experiences(updated)
    assert report.reasons["answer_changed"] == 1
    assert await with_structures.everything() == before


async def test_experiences_in_doubt_are_reported_with_their_line(with_structures):
    report = await with_structures.experiences(FIXTURES / "experiences-doubtful.csv")
    assert (report.counts["new"], report.counts["unreadable"], report.counts["repeated"]) == (1, 6, 1)
    assert [(row["line"], row["reason"]) for row in with_structures.rejected()] == [
        ("2", "missing_id"),
        ("3", "bad_date"),
        ("4", "bad_date"),
        ("5", "date_too_old"),
        ("6", "date_in_the_future"),
        ("8", "duplicate_id"),
        ("9", "wrong_columns"),
    ]


async def test_experiences_dry_run_changes_nothing(with_structures):
    before = await with_structures.everything()
    report = await with_structures.experiences(FIXTURES / "experiences.csv", dry_run=True)
    assert report.counts["new"] == 10
    assert await with_structures.everything() == before
    assert with_structures.rejected()
