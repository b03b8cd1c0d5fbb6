"""The tree against the judge's: whatever is declared, in whatever order, both see the same ancestors."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from spplus_contracts import Envelope, StructureDeclared
from spplus_embedded.forest import Forest
from spplus_indicators.periods import plus_months
from spplus_indicators.tree import Move, parents_with_successor, plant
from tests.support.builders import a_structure, an_envelope

CODES = ("a", "b", "c", "d")
FIRST = date(2026, 1, 1)
MONTHS = tuple(plus_months(FIRST, count) for count in range(4))
days = st.integers(0, 110).map(lambda count: FIRST + timedelta(days=count))
codes = st.sampled_from(CODES)
parents = st.dictionaries(days, st.none() | codes, max_size=4).map(
    lambda links: [{"parent_code": parent, "valid_from": day} for day, parent in sorted(links.items())]
)


@st.composite
def declarations(draw: st.DrawFn) -> tuple[Envelope, StructureDeclared]:
    event = a_structure(
        code=draw(codes),
        version=draw(st.integers(1, 3)),
        parents=draw(parents),
        closed_on=draw(st.none() | days),
        successor_code=draw(st.none() | codes),
    )
    told_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 3)))
    return an_envelope(event, time=told_at, id=draw(st.uuids()).hex), event


def moves_of(told: list[tuple[Envelope, StructureDeclared]]) -> tuple[set[str], list[Move]]:
    latest: dict[str, tuple[Envelope, StructureDeclared]] = {}
    for envelope, event in sorted(told, key=lambda each: (each[1].version, each[0].time, each[0].id)):
        latest[event.code] = (envelope, event)
    moves = []
    for code, (envelope, event) in latest.items():
        links = [(link.valid_from, link.parent_code) for link in event.parents]
        for day, parent in parents_with_successor(links, event.closed_on, event.successor_code):
            moves.append(Move(day, envelope.time, envelope.id, code, parent))
    return set(latest), moves


@settings(max_examples=300, deadline=None)
@given(st.lists(declarations(), min_size=1, max_size=8), days, st.data())
def test_every_month_has_the_lineages_of_the_judge(
    told: list[tuple[Envelope, StructureDeclared]], today: date, data: st.DataObject
) -> None:
    declared, moves = moves_of(told)
    tree = plant(declared, data.draw(st.permutations(moves)), today).tree
    judge = Forest(data.draw(st.permutations(told)))
    for month in MONTHS:
        day = min(plus_months(month, 1) - timedelta(days=1), today)
        for code in declared:
            known = sorted(each for each in tree.towards(code, month) if each in declared)
            assert known == sorted(judge.lineage(code, day)), (code, month)
