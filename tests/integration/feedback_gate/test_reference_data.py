import json
from datetime import UTC, date, datetime

import asyncpg
import pytest
import pytest_asyncio

from spplus_chassis.migrations import migrate
from spplus_contracts import ParentLink, StructureDeclared
from spplus_feedback.structure_search import find_structures
from spplus_feedback.structures_queries import (
    is_inside,
    parents_on,
    structure_exists,
    structures_of,
    subtree,
)
from spplus_feedback.structures_repository import Declared, declare_structures

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

NOW = datetime(2024, 5, 1, 9, tzinfo=UTC)
BEFORE = date(2023, 1, 1)
MOVED_ON = date(2024, 1, 1)
TODAY = date(2024, 5, 1)


def structure(code: str, name: str, *parents: tuple[str | None, date], **fields: object) -> StructureDeclared:
    links = tuple(ParentLink(parent_code=parent, valid_from=day) for parent, day in parents)
    return StructureDeclared.model_validate(
        {"code": code, "version": 1, "name": name, "network": "Finances", "parents": links, **fields}
    )


TREE = [
    structure("ROOT", "Direction générale"),
    structure("WEST", "Direction de l'Ouest", ("ROOT", BEFORE)),
    structure("EAST", "Direction de l'Est", ("ROOT", BEFORE)),
    structure("LAVAL", "Centre des impôts", ("WEST", BEFORE), ("EAST", MOVED_ON), town="LAVAL", post_code="53000"),
    structure("EVREUX", "Préfecture de l'Eure", ("WEST", BEFORE), town="ÉVREUX"),
    structure("CLOSED", "Trésorerie fermée", ("WEST", BEFORE), active=False, town="LAVAL"),
]


async def declared(connection: asyncpg.Connection, *structures: StructureDeclared) -> Declared:
    async with connection.transaction():
        return await declare_structures(connection, structures, now=NOW)


@pytest_asyncio.fixture
async def connection(database_url: str):  # type: ignore[no-untyped-def] # an async generator of asyncpg's generic class
    await migrate(database_url, "spplus_feedback")
    connection = await asyncpg.connect(database_url)
    await declared(connection, *TREE)
    yield connection
    await connection.close()


async def test_declare_unchanged_writes_no_event(connection: asyncpg.Connection) -> None:
    before = await connection.fetchval("SELECT count(*) FROM outbox")
    assert before == len(TREE)
    assert await declared(connection, *TREE) == Declared(unchanged=len(TREE))
    assert await connection.fetchval("SELECT count(*) FROM outbox") == before


async def test_declare_changed_tells_the_next_version(connection: asyncpg.Connection) -> None:
    renamed = TREE[4].model_copy(update={"public_name": "Préfecture d'Évreux"})
    assert await declared(connection, renamed, structure("NEW", "Nouvelle")) == Declared(created=1, changed=1)
    rows = await connection.fetch("SELECT aggregatetype, aggregateid, payload FROM outbox ORDER BY seq DESC LIMIT 2")
    told = {row["aggregateid"]: json.loads(row["payload"]) for row in rows}
    assert {row["aggregatetype"] for row in rows} == {"spplus.structure.declared.v1"}
    assert (told["EVREUX"]["version"], told["NEW"]["version"]) == (2, 1)
    stored = (await structures_of(connection, ["EVREUX"]))["EVREUX"]
    assert stored.version == 2
    assert stored.public_name == "Préfecture d'Évreux"


async def test_declare_same_code_twice_keeps_the_last(connection: asyncpg.Connection) -> None:
    first, last = structure("TWICE", "Un"), structure("TWICE", "Deux")
    assert await declared(connection, first, last) == Declared(created=1)
    assert (await structures_of(connection, ["TWICE"]))["TWICE"].name == "Deux"


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("impots laval", ["LAVAL"]),
        ("LAVAL impôts", ["LAVAL"]),
        ("53000", ["LAVAL"]),
        ("evreux", ["EVREUX"]),
        ("l'eure", ["EVREUX"]),
        ("prefecture evreu", ["EVREUX"]),
        ("préfectur évrex", ["EVREUX"]),
        ("impot lavall", ["LAVAL"]),
        ("xyzzy", []),
        ("%", []),
        ("_", []),
        ("", []),
    ],
)
async def test_find_structures_by_words(connection: asyncpg.Connection, q: str, expected: list[str]) -> None:
    assert [found.code for found in await find_structures(connection, q)] == expected


async def test_find_structures_keeps_to_its_limit(connection: asyncpg.Connection) -> None:
    assert len(await find_structures(connection, "direction", limit=2)) == 2


async def test_structure_exists_also_when_closed(connection: asyncpg.Connection) -> None:
    assert await structure_exists(connection, "CLOSED")
    assert not await structure_exists(connection, "NOWHERE")


async def test_subtree_follows_the_tree_of_the_day(connection: asyncpg.Connection) -> None:
    assert await subtree(connection, "WEST", on=date(2023, 6, 1)) == ["CLOSED", "EVREUX", "LAVAL", "WEST"]
    assert await subtree(connection, "WEST", on=TODAY) == ["CLOSED", "EVREUX", "WEST"]
    assert await subtree(connection, "EAST", on=TODAY) == ["EAST", "LAVAL"]
    assert len(await subtree(connection, "ROOT", on=TODAY)) == len(TREE)
    assert await subtree(connection, "NOWHERE", on=TODAY) == []


async def test_is_inside_climbs_to_the_root(connection: asyncpg.Connection) -> None:
    assert await is_inside(connection, "LAVAL", "ROOT", on=TODAY)
    assert await is_inside(connection, "LAVAL", "LAVAL", on=TODAY)
    assert not await is_inside(connection, "LAVAL", "WEST", on=TODAY)
    assert not await is_inside(connection, "ROOT", "LAVAL", on=TODAY)


async def test_tree_with_a_circle_ends(connection: asyncpg.Connection) -> None:
    await declared(connection, structure("X", "X", ("Y", BEFORE)), structure("Y", "Y", ("X", BEFORE)))
    assert await subtree(connection, "X", on=TODAY) == ["X", "Y"]
    assert not await is_inside(connection, "X", "ROOT", on=TODAY)


async def test_deep_tree_is_walked_whole(connection: asyncpg.Connection) -> None:
    chain = [structure("D0", "D0", ("ROOT", BEFORE))]
    chain += [structure(f"D{level}", f"D{level}", (f"D{level - 1}", BEFORE)) for level in range(1, 12)]
    await declared(connection, *chain)
    assert await is_inside(connection, "D11", "ROOT", on=TODAY)
    assert len(await subtree(connection, "D0", on=TODAY)) == 12


async def test_parents_on_lists_every_structure(connection: asyncpg.Connection) -> None:
    parents = await parents_on(connection, TODAY)
    assert parents["LAVAL"] == "EAST"
    assert parents["ROOT"] is None
    assert len(parents) == len(TREE)
