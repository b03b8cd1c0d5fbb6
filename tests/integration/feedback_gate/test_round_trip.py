"""What comes in by the official columns goes out by them: nothing that they can carry is lost."""

import asyncio
from types import SimpleNamespace

import asyncpg
import pytest

from spplus_chassis.migrations import migrate
from spplus_feedback.__main__ import main
from spplus_feedback.exports.official import row_of
from spplus_feedback.exports.queries import all_stories
from spplus_feedback.imports import experience_rows, experiences_import
from spplus_feedback.imports.checkpoint import fingerprint_of
from spplus_feedback.imports.experiences_import import ExperiencesImport
from spplus_feedback.imports.report import Report
from spplus_feedback.imports.table import Table
from tests.conftest import run_apart
from tests.integration.feedback_gate.test_imports import NOW
from tests.support.intake import furnish
from tests.support.official_rows import official_rows, read_rows, write_rows

STATE = """
SELECT
    feedback_id, title, story, submitted_at, moderation, dimensions, department, country, moderated_at, public_title,
    (SELECT jsonb_agg(jsonb_build_array(structure_code, channels, sentiment, answer_expected, status, answered_at)
        ORDER BY position) FROM requests WHERE requests.feedback_id = feedbacks.feedback_id) AS requests,
    (SELECT jsonb_agg(jsonb_build_array(statement_id, said_at, answer) ORDER BY statement_id)
        FROM statements INNER JOIN requests USING (request_id)
        WHERE requests.feedback_id = feedbacks.feedback_id) AS statements
FROM feedbacks ORDER BY feedback_id
"""
TABLES = ("feedbacks", "requests", "statements", "imported_rows", "import_runs", "outbox")


class Forgetful:
    def add(self, remark):
        pass


@pytest.fixture
def platform(make_database, monkeypatch):
    """Bring up databases with a tree, and run commands on them."""

    def bring_up():
        url = make_database()
        run_apart(migrate(url, "spplus_feedback"))
        run_apart(furnish(url))

        def run(*words):
            monkeypatch.setenv("SPPLUS_FEEDBACK_DATABASE_URL", url)
            assert main([str(word) for word in words]) == 0

        def fetch(sql, *values):
            async def work():
                connection = await asyncpg.connect(url)
                try:
                    return await connection.fetch(sql, *values)
                finally:
                    await connection.close()

            return run_apart(work())

        return SimpleNamespace(url=url, run=run, fetch=fetch)

    return bring_up


def state(platform):
    return [dict(row) for row in platform.fetch(STATE)]


def counts(platform):
    return {table: platform.fetch(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


pytestmark = pytest.mark.integration


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_import_export_import_loses_nothing(platform, tmp_path, monkeypatch, seed):
    monkeypatch.chdir(tmp_path)
    rows = official_rows(300, seed=seed)
    first, second = platform(), platform()
    first.run("import-experiences", write_rows(tmp_path / "official.csv", rows))
    first.run("export-experiences", tmp_path / "ours.csv")

    came_out = read_rows(tmp_path / "ours.csv")
    assert came_out == {row["ID expérience"]: {name: text for name, text in row.items() if text} for row in rows}

    second.run("import-experiences", tmp_path / "ours.csv")
    assert state(second) == state(first)
    second.run("export-experiences", tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "ours.csv").read_bytes()

    before = counts(first)
    first.run("import-experiences", tmp_path / "ours.csv")
    assert counts(first) == before | {"import_runs": 2}


def test_dry_runs_change_nothing(platform, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    here = platform()
    file = write_rows(tmp_path / "official.csv", official_rows(20, seed=4))
    before = counts(here)
    here.run("import-experiences", file, "--dry-run")
    assert counts(here) == before
    here.run("import-experiences", file)
    here.run("export-experiences", tmp_path / "ours.csv", "--dry-run")
    assert not (tmp_path / "ours.csv").exists()
    assert "20 experiences would be written" in capsys.readouterr().out


def test_texts_wait_for_a_moderator_where_that_is_asked(platform, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here = platform()
    file = write_rows(tmp_path / "official.csv", official_rows(50, seed=5))
    here.run("import-experiences", file, "--moderate")
    states = {row["moderation"] for row in here.fetch("SELECT DISTINCT moderation FROM feedbacks")}
    assert states == {"pending", "wordless"}
    assert here.fetch("SELECT FROM imported_rows WHERE cells ? 'Démarches saisies par usager'") == []
    here.run("export-experiences", tmp_path / "ours.csv")
    assert not any("Description" in row for row in read_rows(tmp_path / "ours.csv").values())


def test_words_that_go_take_their_row_along_and_no_import_revives_them(platform, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here = platform()
    rows = official_rows(30, seed=6)
    file = write_rows(tmp_path / "official.csv", rows)
    here.run("import-experiences", file)
    words = "title = NULL, story = NULL, public_title = NULL, public_story = NULL"
    gone = "UPDATE feedbacks SET {} WHERE feedback_id = ANY ($1) AND moderation = 'published'"
    ids = [row["feedback_id"] for row in here.fetch("SELECT feedback_id FROM feedbacks WHERE is_public")]
    here.fetch(gone.format(f"withdrawn_at = now(), {words}"), ids[:5])
    here.fetch(gone.format(words), ids[5:10])
    here.fetch(gone.format("title = NULL, story = NULL"), ids[10:15])
    assert here.fetch("SELECT FROM imported_rows WHERE feedback_id = ANY ($1)", ids[:10]) == []

    here.run("import-experiences", file)
    assert here.fetch("SELECT FROM imported_rows WHERE feedback_id = ANY ($1)", ids[:10]) == []
    here.run("export-experiences", tmp_path / "ours.csv")
    left = read_rows(tmp_path / "ours.csv")
    assert len(left) == 20
    cells = {row["ID expérience"]: {name: text for name, text in row.items() if text} for row in rows}
    assert all(cells[official_id] == row for official_id, row in left.items()), "what is public stays whole"


def test_story_told_here_is_known_again_in_our_own_export(platform, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here, there = platform(), platform()
    told = """
    WITH story AS (
        INSERT INTO feedbacks (feedback_id, author, proposal, story, submitted_at, accepted_at, moderation,
            moderated_at, public_story, dimensions)
        VALUES (gen_random_uuid(), 'citizen', false, 'Bien', $1, $1, 'published', $1, 'Bien',
            '{"relation": "positive"}')
        RETURNING feedback_id
    )
    INSERT INTO requests (request_id, feedback_id, position, structure_code, channels, sentiment, engagements,
        submitted_at, answer_expected, status, holder_code)
    SELECT gen_random_uuid(), feedback_id, place, code, '{desk,phone}', 'positive', '{}', $1, true, 'waiting', code
    FROM story, (VALUES (0, 'guichet'), (1, 'mairie')) AS addressed (place, code)
    """
    here.fetch(told, NOW)
    here.run("export-experiences", tmp_path / "ours.csv")
    here.run("import-experiences", tmp_path / "ours.csv")
    assert counts(here)["feedbacks"] == 1

    there.run("import-experiences", tmp_path / "ours.csv")
    [story] = state(there)
    assert (story["story"], story["dimensions"]) == ("Bien", '{"relation": "positive"}')
    assert '["guichet", ["desk", "phone"], "positive", true, "waiting", null]' in story["requests"]
    assert '["mairie", ["desk", "phone"], "positive", true, "waiting", null]' in story["requests"]

    here.fetch("UPDATE feedbacks SET withdrawn_at = now(), story = NULL, public_story = NULL")
    here.run("import-experiences", tmp_path / "ours.csv")
    assert counts(here)["feedbacks"] == 1


def test_import_that_was_cut_short_goes_on_where_it_stopped(platform, tmp_path, monkeypatch):
    monkeypatch.setattr(experiences_import, "_CHUNK", 40)
    file = write_rows(tmp_path / "official.csv", official_rows(200, seed=7))
    cut, whole = platform(), platform()

    class PowerCutError(Exception):
        pass

    def run_on(platform, after_chunk=lambda: None):
        async def work():
            report = Report(Forgetful())
            async with asyncpg.create_pool(platform.url, min_size=0, max_size=2) as pool:
                with Table(file, experience_rows.REQUIRED) as table:
                    skipped = await ExperiencesImport(
                        lambda: pool,
                        report,
                        NOW,
                        NOW.date(),
                        fingerprint=fingerprint_of(file),
                        after_chunk=after_chunk,
                    ).run(table)
            return skipped, report

        return run_apart(work())

    chunks = []

    def power_cut():
        chunks.append(1)
        if len(chunks) == 3:
            raise PowerCutError

    with pytest.raises(PowerCutError):
        run_on(cut, power_cut)
    skipped, report = run_on(cut)
    nothing, expected = run_on(whole)
    assert (skipped, nothing) == (120, 0)
    assert report.counts == expected.counts
    assert report.reasons == expected.reasons
    assert state(cut) == state(whole)
    assert run_on(cut)[0] == 0, "a run that came to its end is no run to go on with"


def test_export_reads_page_by_page(platform, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("spplus_feedback.exports.queries._PAGE", 7)
    here = platform()
    here.run("import-experiences", write_rows(tmp_path / "official.csv", official_rows(30, seed=8)))

    async def work():
        async with asyncpg.create_pool(here.url, min_size=0, max_size=1) as pool:
            return [[row_of(story) async for story in _each(page)] async for page in all_stories(pool)]

    async def _each(page):
        for story in page:
            await asyncio.sleep(0)
            yield story

    pages = run_apart(work())
    assert [len(page) for page in pages] == [7, 7, 7, 7, 2]
    assert len({row["ID expérience"] for page in pages for row in page}) == 30
