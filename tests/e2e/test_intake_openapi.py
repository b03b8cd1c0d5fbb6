"""What the OpenAPI document of intake says is true, whatever a client sends: schemathesis is the judge."""

import asyncio
import sys
import uuid

import pytest
import pytest_asyncio

from tests.support.intake_process import served

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(make_database, kafka):
    async with served(make_database(), kafka, f"t{uuid.uuid4().hex[:10]}.") as service:
        yield service


async def test_no_request_gets_an_answer_that_the_document_does_not_describe(running, tmp_path):
    judge = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{running.address}/openapi.json"),
        *("--phases", "coverage,fuzzing", "--max-examples", "20", "--checks", CHECKS, "--no-color"),
        *("--header", f"Authorization: Bearer {running.keys['racine']}", "--suppress-health-check", "all"),
        *("--seed", "1", "--generation-database", "none"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=tmp_path,
    )
    said, _ = await judge.communicate()
    assert judge.returncode == 0, said.decode()[-4_000:]
    assert "Tested: 6" in said.decode(), "every operation was asked"
