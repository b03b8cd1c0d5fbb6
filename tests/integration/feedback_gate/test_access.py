from datetime import UTC, date, datetime

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import Depends, FastAPI

from spplus_chassis.migrations import migrate
from spplus_chassis.problem import install_problems
from spplus_contracts import ParentLink, StructureDeclared
from spplus_feedback.access import (
    ApiKey,
    Scope,
    UnknownStructureError,
    check_part,
    create_key,
    list_keys,
    require_key,
    revoke_key,
)
from spplus_feedback.structures_repository import declare_structures

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

TODAY = date(2024, 5, 1)


def structure(code: str, parent: str | None) -> StructureDeclared:
    links = (ParentLink(parent_code=parent, valid_from=date(2015, 1, 1)),) if parent else ()
    return StructureDeclared(code=code, version=1, name=code, network="N", parents=links)


@pytest_asyncio.fixture
async def pool(database_url: str):  # type: ignore[no-untyped-def] # an async generator of asyncpg's generic class
    await migrate(database_url, "spplus_feedback")
    async with asyncpg.create_pool(database_url, min_size=0, max_size=3) as pool:
        async with pool.acquire() as connection, connection.transaction():
            tree = [structure("ROOT", None), structure("MINE", "ROOT"), structure("DESK", "MINE")]
            await declare_structures(connection, tree, now=datetime(2024, 5, 1, tzinfo=UTC))
        yield pool


@pytest_asyncio.fixture
async def client(pool: asyncpg.Pool):  # type: ignore[no-untyped-def] # the same
    app = FastAPI()
    install_problems(app)
    answering = require_key(lambda: pool, Scope.ANSWER_REQUESTS)

    @app.get("/desk/{code}")
    async def desk(code: str, key: ApiKey = Depends(answering)) -> str:  # noqa: FAST002, B008 - a test's own route
        async with pool.acquire() as connection:
            await check_part(connection, key, code, on=TODAY)
        return key.name

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def new_key(pool: asyncpg.Pool, *scopes: Scope) -> str:
    async with pool.acquire() as connection:
        return await create_key(connection, name="desk", scopes=scopes, structure_code="MINE")


async def ask(client: httpx.AsyncClient, key: str, code: str = "DESK") -> httpx.Response:
    return await client.get(f"/desk/{code}", headers={"Authorization": f"Bearer {key}"})


async def test_key_opens_its_part_of_the_tree(client: httpx.AsyncClient, pool: asyncpg.Pool) -> None:
    key = await new_key(pool, Scope.ANSWER_REQUESTS)
    assert (await ask(client, key)).status_code == 200
    outside = await ask(client, key, "ROOT")
    assert outside.status_code == 403
    assert outside.headers["content-type"] == "application/problem+json"
    assert (await ask(client, key, "NOWHERE")).status_code == 403


async def test_key_without_the_scope_is_refused(client: httpx.AsyncClient, pool: asyncpg.Pool) -> None:
    refused = await ask(client, await new_key(pool, Scope.READ_REQUESTS))
    assert refused.status_code == 403
    assert "requests:answer" in refused.json()["detail"]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic abc", "Bearer é"])
async def test_without_a_key_is_told_to_send_one(client: httpx.AsyncClient, header: str | None) -> None:
    headers = {} if header is None else {b"authorization": header.encode()}
    refused = await client.get("/desk/DESK", headers=headers)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"


async def test_revoked_key_is_refused_at_once(client: httpx.AsyncClient, pool: asyncpg.Pool) -> None:
    key = await new_key(pool, Scope.ANSWER_REQUESTS)
    assert (await ask(client, key)).status_code == 200
    async with pool.acquire() as connection:
        [listed] = await list_keys(connection)
        assert await revoke_key(connection, listed.id)
        assert not await revoke_key(connection, listed.id)
    assert (await ask(client, key)).status_code == 401


async def test_use_is_noted_and_the_key_itself_is_nowhere(client: httpx.AsyncClient, pool: asyncpg.Pool) -> None:
    key = await new_key(pool, Scope.ANSWER_REQUESTS)
    async with pool.acquire() as connection:
        assert (await list_keys(connection))[0].last_used_at is None
        await ask(client, key)
        assert (await list_keys(connection))[0].last_used_at is not None
        assert key not in str(await connection.fetch("SELECT * FROM api_keys"))
    assert len(key) >= 43


async def test_key_for_an_unknown_structure_is_not_made(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        with pytest.raises(UnknownStructureError):
            await create_key(connection, name="x", scopes=[Scope.READ_REQUESTS], structure_code="NOWHERE")
