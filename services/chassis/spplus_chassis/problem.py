"""Problem details for HTTP (RFC 9457): every refusal says what is wrong and which field, never repeats a value."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from spplus_chassis.database import UNREACHABLE
from spplus_chassis.telemetry import describe

log = structlog.get_logger()

_TITLES = {
    400: "Unreadable request",
    401: "Authentication required",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    410: "Gone",
    413: "Body too large",
    415: "Unsupported media type",
    422: "Invalid request",
    429: "Too many requests",
    503: "Temporarily unavailable",
}
RETRY_AFTER_SECONDS = 5


class FieldError(BaseModel):
    """One field at fault."""

    field: str
    """Path of the field, dots between levels; `query.` or `header.` before what is not in the body."""
    message: str
    """What is wrong with it."""


class ProblemBody(BaseModel):
    """Body of every answer with status 400 or above."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    reason: str | None = None
    """Closed code of what is wrong, where one status has several."""
    errors: list[FieldError] | None = None


class Problem(Exception):  # noqa: N818 - named as the RFC names it
    """An answer with status 400 or above."""

    def __init__(
        self,
        status: int,
        detail: str | None = None,
        *,
        title: str | None = None,
        reason: str | None = None,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title or _TITLES.get(status, "Error"))
        self.status = status
        self.headers = dict(headers or {})
        self.body = ProblemBody(
            title=str(self),
            status=status,
            detail=detail,
            reason=reason,
            errors=[FieldError(**error) for error in errors] or None,
        )

    def response(self) -> JSONResponse:
        """The answer."""
        return JSONResponse(
            self.body.model_dump(exclude_none=True),
            status_code=self.status,
            headers=self.headers,
            media_type="application/problem+json",
        )


RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {
        "model": ProblemBody,
        "description": "Problem (RFC 9457)",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
    }
}
"""Give this to a FastAPI app or route, so that its problems stand in the OpenAPI document."""


def field_errors(error: ValidationError | RequestValidationError) -> list[dict[str, str]]:
    """Fields at fault, without their values."""
    named = []
    for fault in error.errors():
        place = [str(part) for part in fault["loc"]]
        path = place[1:] if place[:1] == ["body"] else place
        named.append({"field": ".".join(path) or "body", "message": str(fault["msg"]).removeprefix("Value error, ")})
    return named


def install_problems(app: FastAPI) -> None:
    """Answer every fault as problem details."""

    @app.exception_handler(Problem)
    async def _on_problem(_request: Request, problem: Problem) -> JSONResponse:
        return problem.response()

    @app.exception_handler(RequestValidationError)
    async def _on_invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return Problem(422, errors=field_errors(error)).response()

    @app.exception_handler(HTTPException)
    async def _on_http(_request: Request, error: HTTPException) -> JSONResponse:
        return Problem(error.status_code, headers=error.headers).response()

    async def _on_unreachable(_request: Request, error: Exception) -> JSONResponse:
        log.warning("unreachable", error=describe(error))
        return Problem(503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)}).response()

    @app.exception_handler(Exception)
    async def _on_fault(_request: Request, _error: Exception) -> JSONResponse:
        return Problem(500, title="Internal error").response()

    for fault in UNREACHABLE:
        app.add_exception_handler(fault, _on_unreachable)
