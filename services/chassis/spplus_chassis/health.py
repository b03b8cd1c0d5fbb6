"""``/livez``, ``/readyz`` and ``/metrics``.

Alive means progress: no batch is stuck. Ready means that the service can do its work: its database answers, has all
migrations, and the bus delivers.
"""

import asyncio
from typing import TYPE_CHECKING

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from spplus_chassis.database import UNREACHABLE
from spplus_chassis.migrations import MigrationError, pending
from spplus_chassis.telemetry import describe

if TYPE_CHECKING:
    from spplus_chassis.service import Service

_PATIENCE_SECONDS = 2


def router(service: "Service") -> APIRouter:
    """The routes of operations."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/livez")
    async def get_livez() -> JSONResponse:
        stuck = max((delivery.stuck_seconds() for delivery in service.deliveries), default=0.0)
        alive = stuck < service.settings.stall_seconds
        return JSONResponse(
            {"status": "alive" if alive else "stuck", "stuck_seconds": round(stuck, 1)}, 200 if alive else 503
        )

    @routes.get("/readyz")
    async def get_readyz() -> JSONResponse:
        checks = {"database": await _database(service), "bus": _bus(service)}
        ready = all(check == "ok" for check in checks.values())
        return JSONResponse({"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503)

    @routes.get("/metrics")
    async def get_metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return routes


async def _database(service: "Service") -> str:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), service.pool.acquire() as connection:
            missing = await pending(connection, service.package)
    except UNREACHABLE as error:
        return f"unreachable ({describe(error)})"
    except MigrationError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - not ready, whatever the reason
        return type(error).__name__
    return f"{len(missing)} migrations missing: run `spplus-{service.name} migrate`" if missing else "ok"


def _bus(service: "Service") -> str:
    if any(delivery.stopped_by_poison for delivery in service.deliveries):
        return "stopped: nearly every record was refused"
    return "ok" if service.consuming else "not delivering yet"
