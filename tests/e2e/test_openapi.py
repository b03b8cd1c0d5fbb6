"""What the OpenAPI document of each service says is true, whatever a client sends: schemathesis is the judge."""

import uuid
from contextlib import asynccontextmanager

import httpx
import pytest

from spplus_chassis.migrations import migrate
from spplus_chassis.topics import create_topics
from spplus_contracts.topics import TOPICS
from tests.support.intake_process import served
from tests.support.openapi_judge import judged
from tests.support.service_process import running_service

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

ENDLESS = "/v1/stream"


@asynccontextmanager
async def serving(name, database_url, kafka):
    prefix = f"t{uuid.uuid4().hex[:10]}."
    if name == "feedback":
        async with served(database_url, kafka, prefix) as service:
            yield service, {"Authorization": f"Bearer {service.keys['racine']}"}
        return
    await migrate(database_url, f"spplus_{name}")
    await create_topics(kafka, TOPICS, prefix)
    async with running_service(name, database_url, kafka, prefix) as service:
        yield service, {}


@pytest.mark.parametrize("name", ["feedback", "indicators", "notifier"])
async def test_no_request_gets_an_answer_that_the_document_does_not_describe(name, make_database, kafka, tmp_path):
    async with serving(name, make_database(), kafka) as (service, headers):
        async with httpx.AsyncClient() as http:
            paths = (await http.get(f"{service.address}/openapi.json")).json()["paths"]
        asked = sum(len(operations) for path, operations in paths.items() if path != ENDLESS)
        right, said = await judged(service.address, tmp_path, headers=headers, endless=ENDLESS)
    assert right, said[-4_000:]
    assert f"Tested: {asked}\n" in said, said[-2_000:]
