"""Finding a structure as a person types it, against the real search."""

from datetime import UTC, datetime

import asyncpg
import pytest
import pytest_asyncio

from spplus_feedback.structure_search import search_structures
from spplus_feedback.structures_repository import declare_structures
from tests.support.intake import a_structure

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]
TOWNS = (
    a_structure("rhone", "Préfecture du Rhône", town="LYON", post_code="69000"),
    a_structure("aisne", "Préfecture de l'Aisne", town="LAON", post_code="02000"),
    a_structure("sip", "Service des impôts des particuliers", town="NANTES", post_code="44300"),
    a_structure("sie", "Service des impôts des entreprises", town="DENAIN", post_code="59220"),
    a_structure("caf", "Caf d'Ille-et-Vilaine", town="RENNES", post_code="35000"),
    a_structure("malo", "Bureau de douane", town="SAINT-MALO", post_code="35418"),
    a_structure("closed", "Ancienne préfecture", town="LYON", post_code="69000", active=False),
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def furnished(door):
    connection = await asyncpg.connect(door.dsn)
    async with connection.transaction():
        await declare_structures(connection, TOWNS, now=datetime.now(UTC))
    yield door
    await connection.close()


async def found(door, q):
    connection = await asyncpg.connect(door.dsn)
    try:
        answer = await search_structures(connection, q)
    finally:
        await connection.close()
    return [structure.code for structure in answer.structures], answer.near


@pytest.mark.parametrize(
    ("q", "codes"),
    [
        ("préfecture LYON", ["rhone"]),
        ("pref lyon", ["rhone"]),
        ("prefecure de lion", ["rhone", "aisne"]),
        ("impots nates", ["sip"]),
        ("35000", ["caf"]),
        ("35", ["malo", "caf"]),
        ("caisse d'allocations familiales rennes", ["caf"]),
        ("doane st malo", ["malo"]),
    ],
)
async def test_structure_is_found_as_people_type_it(furnished, q, codes):
    assert (await found(furnished, q))[0] == codes


async def test_best_match_stands_first_and_every_word_counts(furnished):
    assert await found(furnished, "impots") == (["guichet", "sie", "sip"], False)
    assert await found(furnished, "xyzzyq") == ([], True)


async def test_what_holds_most_words_is_said_to_be_near(furnished):
    codes, near = await found(furnished, "sous-préfecture saint malo")
    assert near
    assert codes[0] == "malo"


async def test_post_code_without_a_structure_finds_its_department(furnished):
    assert await found(furnished, "44999") == (["sip"], False)


async def test_structure_is_found_by_its_new_name_only(furnished):
    connection = await asyncpg.connect(furnished.dsn)
    async with connection.transaction():
        renamed = a_structure("sie", "Maison des entreprises", town="DENAIN", post_code="59220")
        await declare_structures(connection, [renamed], now=datetime.now(UTC))
    await connection.close()
    assert (await found(furnished, "maison denain"))[0] == ["sie"]
    assert (await found(furnished, "impots denain"))[0] != ["sie"]
