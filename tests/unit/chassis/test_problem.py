"""Refusals over HTTP are problem details that name the field and never repeat a value."""

from typing import Annotated

import asyncpg
import httpx
import pytest
from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict

from spplus_chassis.problem import Problem, install_problems

pytestmark = pytest.mark.asyncio


class Filters(BaseModel):
    model_config = ConfigDict(extra="forbid")
    year: int = 2026


class Story(BaseModel):
    stars: int


@pytest.fixture
def client():
    app = FastAPI()
    install_problems(app)

    @app.get("/list")
    async def _list(filters: Annotated[Filters, Query()]):
        return filters

    @app.post("/stories")
    async def _stories(story: Story):
        return story

    @app.get("/gone")
    async def _gone():
        raise Problem(410, "withdrawn by its author", headers={"X-Why": "author"})

    @app.get("/database-away")
    async def _away():
        raise asyncpg.CannotConnectNowError

    @app.get("/broken")
    async def _broken():
        message = "jeanne@example.org broke it"
        raise LookupError(message)

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def test_problem_unknown_parameter_is_named(client):
    answer = await client.get("/list?colour=blue")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == ["query.colour"]


async def test_problem_malformed_parameter_is_named(client):
    assert [error["field"] for error in (await client.get("/list?year=soon")).json()["errors"]] == ["query.year"]


async def test_problem_body_field_is_named_and_its_value_not_repeated(client):
    answer = await client.post("/stories", json={"stars": "jeanne@example.org"})
    assert [error["field"] for error in answer.json()["errors"]] == ["stars"]
    assert "jeanne" not in answer.text


async def test_problem_body_that_is_no_json_is_a_problem(client):
    answer = await client.post("/stories", content=b"{", headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["title"] == "Invalid request"


async def test_problem_raised_has_its_status_detail_and_headers(client):
    answer = await client.get("/gone")
    assert (answer.status_code, answer.json()["detail"], answer.headers["x-why"]) == (
        410,
        "withdrawn by its author",
        "author",
    )


async def test_problem_unknown_path_is_a_problem(client):
    answer = await client.get("/nowhere")
    assert answer.json() == {"type": "about:blank", "title": "Not found", "status": 404}


async def test_problem_database_away_asks_to_come_back(client):
    answer = await client.get("/database-away")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"


async def test_problem_fault_of_ours_is_a_problem_without_its_message(client):
    answer = await client.get("/broken")
    assert answer.status_code == 500
    assert answer.json() == {"type": "about:blank", "title": "Internal error", "status": 500}
