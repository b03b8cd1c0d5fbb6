"""The facts of the official files, from the file to the published figures. What is expected is computed here anew."""

import asyncio
import csv
import json
from collections import Counter, defaultdict

import asyncpg
import httpx
import pytest

from spplus_contracts.topics import FEEDBACK_SUBMITTED, REQUEST_ANSWERED, STRUCTURE_DECLARED
from tests.open_data.conftest import ROOT_OF_CONSULATES, settle
from tests.support.bus import reading

pytestmark = pytest.mark.open_data

FEELINGS = {"Positif": 1, "Neutre": 0, "Négatif": -1}


def everything_on(platform, *topics):
    """Data of all records of some topics, in any order."""

    async def read():
        found = []
        async with reading(platform.setting("SPPLUS_KAFKA_BOOTSTRAP_SERVERS"), *topics) as consumer:
            ends = await consumer.end_offsets(consumer.assignment())
            places = [place for place, end in ends.items() if end]
            while any([await consumer.position(place) < ends[place] for place in places]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += [json.loads(record.value) for record in records]
        return found

    return asyncio.run(read())


@pytest.fixture(scope="session")
def declared(imported):
    return {event["code"]: event for event in everything_on(imported, STRUCTURE_DECLARED.name)}


@pytest.fixture(scope="session")
def experiences(experiences_file):
    with experiences_file.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


@pytest.fixture(scope="session")
def feelings_by_month(experiences):
    months = defaultdict(list)
    for row in experiences:
        months[row["Écrit le"][:7]].append(FEELINGS[row["Ressenti usager"]])
    return months


def parent_of(event):
    return event["parents"][-1]["parent_code"] if event.get("parents") else None


def line_above(declared, code):
    line = []
    while code is not None:
        line.append(code)
        code = parent_of(declared[code])
    return line


def by_start(figures):
    return {figure["period"]["start"]: figure for figure in figures}


def test_structures_are_all_declared(declared, imported):
    assert len(declared) == 14_763
    assert "14,763" in imported.structures_said
    assert len({event["network"] for event in declared.values()}) == 37
    assert len({event["typology"] for event in declared.values()}) == 292
    assert Counter(event["active"] for event in declared.values()) == {True: 13_975, False: 788}


def test_structures_form_the_official_tree(declared):
    assert all(parent_of(event) is None or parent_of(event) in declared for event in declared.values())
    depths = Counter(len(line_above(declared, code)) - 1 for code in declared)
    assert [depths[level] for level in range(7)] == [38, 3_049, 1_272, 5_573, 3_982, 736, 113]
    assert sum(depths.values()) == 14_763


def test_number_1_structures_of_the_official_tree(declared, structures_file):
    """The first of the numbers by which scoring is accepted, with the two tests above."""
    raw = structures_file.read_bytes()
    assert raw.startswith(b'"\xef\xbb\xbf""Code SP+'), "a quoted header behind a byte order mark"
    assert b";4000;" in raw
    assert "04000" in {event.get("post_code") for event in declared.values()}
    children = Counter(parent_of(event) for event in declared.values())
    assert children.pop(None) == 38
    assert len(declared) - len(children) == 13_155
    assert sum(count == 1 for count in children.values()) == 381
    assert sum(len(line_above(declared, code)) for code in declared) == 57_361


async def _closure_rows(platform):
    connection = await asyncpg.connect(platform.setting("SPPLUS_INDICATORS_DATABASE_URL"))
    try:
        return await connection.fetchval("SELECT count(*) FROM closure")
    finally:
        await connection.close()


def test_number_1_closure_of_the_official_tree_is_complete(imported):
    assert asyncio.run(_closure_rows(imported)) == 57_361


def test_structures_got_back_their_leading_zeros_and_lost_their_prefixes(declared):
    codes = [event["post_code"] for event in declared.values() if "post_code" in event]
    assert len(codes) == 14_590
    assert sum(code.startswith("0") for code in codes) == 985
    assert Counter(event.get("department") for event in declared.values())["53"] == 76


def test_structures_are_found_by_town_without_accents(imported):
    found = httpx.get(f"{imported.address('feedback')}/v1/structures", params={"q": "prefecture evreux"}).json()
    assert "Préfecture de l'Eure" in [item["name"] for item in found["items"]]


def test_experiences_are_all_told_about_the_nearest_structure(imported, experiences):
    told = everything_on(imported, FEEDBACK_SUBMITTED.name)
    assert len({event["request_id"] for event in told}) == len(told) == len(experiences) == 800
    assert {event["structure_code"] for event in told} == {ROOT_OF_CONSULATES}
    assert Counter(event["sentiment"] for event in told) == {"negative": 686, "positive": 78, "neutral": 36}
    assert Counter(channel for event in told for channel in event["channels"]) == {
        "online_procedure": 448,
        "desk": 434,
        "email": 350,
        "phone": 304,
        "mail": 73,
        "social_network": 24,
        "online_account": 2,
        "chat": 1,
    }
    assert sum(not event["channels"] for event in told) == 17


def test_experiences_attached_elsewhere_are_reported(imported, experiences_file):
    with (imported.folder / f"{experiences_file.stem}.rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        reported = list(csv.DictReader(file, delimiter=";"))
    assert Counter((row["named"], row["reason"], row["attached_to"]) for row in reported) == {
        ("Réseau consulaire", "typology", ROOT_OF_CONSULATES): 800
    }
    assert "typology" in imported.experiences_said


def test_satisfaction_by_year_is_what_the_programme_counts(imported):
    figures = by_start(
        imported.figures(
            structure_code=ROOT_OF_CONSULATES, indicator_code="experience_satisfaction", period_kind="year"
        )
    )
    assert [(figures[year]["numerator"], figures[year]["denominator"]) for year in ("2021-01-01", "2022-01-01")] == [
        (74, 767),
        (3, 32),
    ]
    withheld = figures["2019-01-01"]
    assert (withheld["status"], withheld["n"]) == ("insufficient_sample", 1)
    assert not {"value", "numerator", "denominator", "interval"} & set(withheld)
    assert figures["2021-01-01"]["value"] == pytest.approx(74 / 767, abs=1e-6)


@pytest.mark.parametrize("kind", ["month", "year"])
def test_figures_of_the_structure_and_all_above_equal_the_file(imported, declared, feelings_by_month, kind):
    expected = defaultdict(list)
    for month, feelings in feelings_by_month.items():
        expected[f"{month}-01" if kind == "month" else f"{month[:4]}-01-01"] += feelings
    line = line_above(declared, ROOT_OF_CONSULATES)
    for code in line:
        about = {"structure_code": code, "period_kind": kind}
        counts = by_start(imported.figures(indicator_code="experience_count", **about))
        rates = by_start(imported.figures(indicator_code="experience_satisfaction", **about))
        nets = by_start(imported.figures(indicator_code="experience_net_sentiment", **about))
        assert {start: figure["value"] for start, figure in counts.items()} == {
            start: len(feelings) for start, feelings in expected.items()
        }
        for start, feelings in expected.items():
            assert rates[start]["n"] == len(feelings)
            if len(feelings) < 30:
                assert rates[start]["status"] == nets[start]["status"] == "insufficient_sample"
                continue
            assert rates[start]["value"] == pytest.approx(feelings.count(1) / len(feelings), abs=1e-6)
            assert nets[start]["value"] == pytest.approx(100 * sum(feelings) / len(feelings), abs=1e-4)


def test_figures_of_other_structures_are_not_touched(imported, declared):
    figures = imported.figures(indicator_code="experience_count", period_kind="year")
    assert {figure["structure_code"] for figure in figures} == set(line_above(declared, ROOT_OF_CONSULATES))


def test_answers_that_the_file_does_not_tell_are_not_counted_as_silence(imported):
    assert everything_on(imported, REQUEST_ANSWERED.name) == []
    figures = imported.figures(structure_code=ROOT_OF_CONSULATES, indicator_code="answer_rate")
    assert all(figure["status"] != "ok" for figure in figures)


def test_imports_again_in_the_other_date_format_change_nothing(imported, structures_file, experiences_file, tmp_path):
    topics = (STRUCTURE_DECLARED.name, FEEDBACK_SUBMITTED.name, REQUEST_ANSWERED.name)
    told = len(everything_on(imported, *topics))
    before = imported.figures(structure_code=ROOT_OF_CONSULATES)
    older = tmp_path / "older.csv"
    with (
        experiences_file.open(encoding="utf-8-sig", newline="") as source,
        older.open("w", encoding="utf-8", newline="") as copy,
    ):
        rows = csv.DictReader(source, delimiter=";")
        writer = csv.DictWriter(copy, rows.fieldnames, delimiter=";")
        writer.writeheader()
        for row in rows:
            year, month, day = row["Écrit le"].split("-")
            writer.writerow(row | {"Écrit le": f"{day}/{month}/{year}"})
    structures_said = imported.run("import-structures", structures_file)
    experiences_said = imported.run("import-experiences", older)
    assert "14,763" in next(line for line in structures_said.splitlines() if "did not change" in line)
    assert "800" in next(line for line in experiences_said.splitlines() if "there already" in line)
    settle(imported)
    assert len(everything_on(imported, *topics)) == told
    assert imported.figures(structure_code=ROOT_OF_CONSULATES) == before
