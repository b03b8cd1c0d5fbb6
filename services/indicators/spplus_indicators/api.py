"""HTTP: how figures are computed, and which structures wait for a declaration."""

from collections.abc import Callable
from datetime import datetime, timedelta

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from spplus_chassis.database import Pool
from spplus_contracts.vocabulary import IntervalMethod, Unit
from spplus_indicators import backlog_queries
from spplus_indicators.methods import METHODS
from spplus_indicators.thresholds import Thresholds

_MOST_LISTED = 1_000


class MethodView(BaseModel):
    """How one indicator is computed."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    """Code of the indicator."""
    version: int
    """The `method_version` of its figures."""
    label: str
    """Name, French."""
    unit: Unit
    """Unit of its figures."""
    formula: str
    """The formula in one line, French."""
    explanation: str
    """What counts and what does not, French."""
    engagements: tuple[str, ...]
    """Commitments that it is about."""
    interval: IntervalMethod | None
    """How its 95 % interval is computed, if it has one."""
    min_sample: int | None
    """Fewest answers, requests or calls for a value, where no network has another; none for a count."""


class Methods(BaseModel):
    """The catalogue."""

    items: list[MethodView]


class UndeclaredView(BaseModel):
    """A structure that is counted and waits for its declaration."""

    structure_code: str
    first_seen_at: datetime
    age_seconds: float
    months: int
    """Months that hold counts of it."""
    counts: int
    """Its counts that wait, by month and measure."""
    overdue: bool
    """Whether it has waited for longer than the operator wants."""


class UndeclaredStructures(BaseModel):
    """All of them, the oldest first."""

    items: list[UndeclaredView]
    alert_seconds: float
    """After how long a structure is overdue."""


def router(
    pool: Callable[[], Pool], *, thresholds: Thresholds, undeclared_alert: timedelta, clock: Callable[[], datetime]
) -> APIRouter:
    """The routes of scoring."""
    routes = APIRouter(prefix="/v1", tags=["indicators"])

    @routes.get("/methods")
    async def get_methods() -> Methods:
        """Every indicator with its formula in plain words."""
        return Methods(
            items=[
                MethodView(
                    code=method.code,
                    version=method.version,
                    label=method.label,
                    unit=method.unit,
                    formula=method.formula,
                    explanation=method.explanation,
                    engagements=method.engagements,
                    interval=method.interval,
                    min_sample=thresholds.of(method.code) if method.has_threshold else None,
                )
                for method in METHODS.values()
            ]
        )

    @routes.get("/undeclared-structures")
    async def get_undeclared_structures() -> UndeclaredStructures:
        """Structures that feedback names and that nobody declared: counted, not published."""
        now = clock()
        return UndeclaredStructures(
            items=[
                UndeclaredView(
                    structure_code=each.structure_code,
                    first_seen_at=each.first_seen_at,
                    age_seconds=each.age(now).total_seconds(),
                    months=each.months,
                    counts=each.counts,
                    overdue=each.age(now) > undeclared_alert,
                )
                for each in await backlog_queries.undeclared_structures(pool(), _MOST_LISTED)
            ],
            alert_seconds=undeclared_alert.total_seconds(),
        )

    return routes
