"""The trace of a request goes on with what it says; what is no trace goes nowhere."""

from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from spplus_chassis.outbox import row_of
from spplus_chassis.tracing import TracedRequests, current_trace
from spplus_contracts import Envelope, unwrap
from tests.support.builders import a_feedback

pytestmark = pytest.mark.asyncio

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def trace_of(*headers):
    app = FastAPI()
    app.add_middleware(TracedRequests)

    @app.get("/")
    async def get_trace() -> str | None:
        return row_of(a_feedback(), topic="any", now=NOW).envelope.traceparent

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://here") as client:
        return (await client.get("/", headers=list(headers))).json()


async def test_what_a_request_says_bears_its_trace():
    assert await trace_of(("traceparent", TRACE)) == TRACE
    assert current_trace() is None


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("traceparent", TRACE.upper())],
        [("traceparent", TRACE + "-more")],
        [("traceparent", "x" * 8_000)],
        [("traceparent", TRACE[:-1] + "é")],
        [("traceparent", "")],
        [("traceparent", TRACE), ("traceparent", TRACE)],
    ],
)
async def test_what_is_no_trace_is_dropped(headers):
    encoded = [(name, value.encode()) for name, value in headers]
    assert await trace_of(*encoded) is None


@pytest.mark.parametrize(
    ("sent", "read"), [(TRACE.encode(), TRACE), (TRACE.upper().encode(), None), (b"rubbish", None), (b"", None)]
)
async def test_a_record_is_read_with_its_trace_and_not_refused_for_a_bad_one(sent, read):
    envelope = Envelope("an-id", "agency", "fr.spplus.feedback.submitted.v1", NOW, "12345")
    headers = [*envelope.headers(), ("traceparent", sent)]
    assert unwrap(headers, b"{}") == (envelope._replace(traceparent=read), b"{}")
