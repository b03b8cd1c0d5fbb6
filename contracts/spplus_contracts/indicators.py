"""IndicatorComputed: a figure of quality of service was computed or computed again."""

from datetime import date, datetime
from math import inf
from typing import Annotated, ClassVar

from pydantic import Field, ValidationInfo, field_validator

from spplus_contracts.event import Event, Part
from spplus_contracts.vocabulary import (
    MOST_ENGAGEMENTS,
    Count,
    Day,
    Engagement,
    IndicatorCode,
    IndicatorStatus,
    Instant,
    IntervalMethod,
    PeriodKind,
    StructureCode,
    Unit,
    Version,
)


class Period(Part):
    """Days of the Europe/Paris calendar, half-open: `start` is in, `end` is out."""

    kind: PeriodKind
    """Length of the period."""
    start: Day
    """First day."""
    end: Day
    """First day after it."""

    @field_validator("end")
    @classmethod
    def _after_start(cls, value: date, info: ValidationInfo) -> date:
        start = info.data.get("start")
        if start is not None and value <= start:
            message = "must lie after start"
            raise ValueError(message)
        return value


_BOUNDS = {Unit.RATE: (0.0, 1.0), Unit.POINTS: (-100.0, 100.0), Unit.DAYS: (0.0, inf), Unit.COUNT: (0.0, inf)}


class Interval(Part):
    """Where the true figure lies, given how few were asked."""

    low: float
    """Lower bound, in the figure's unit."""
    high: float
    """Upper bound, in the figure's unit."""
    level: Annotated[float, Field(ge=0.95, le=0.95)] = 0.95
    """Level of confidence."""
    method: IntervalMethod
    """How it was computed."""

    @field_validator("high")
    @classmethod
    def _not_under_low(cls, value: float, info: ValidationInfo) -> float:
        if value < info.data.get("low", value):
            message = "lies under low"
            raise ValueError(message)
        return value


class IndicatorComputed(Event):
    """One published figure. Reading the compacted topic from zero gives the whole current publication.

    `n` is always there; value, numerator, denominator and interval only where `status` is ok.
    """

    TYPE: ClassVar[str] = "fr.spplus.indicator.computed.v1"

    indicator_code: IndicatorCode
    """Which indicator."""
    method_version: Version
    """Version of its formula; see ``/v1/methods`` of the indicators service."""
    structure_code: StructureCode
    """The structure, with all its descendants."""
    period: Period
    """The period."""
    status: IndicatorStatus
    """Whether there is a number, and if not, why."""
    n: Count
    """How many answers, requests or calls the figure rests on."""
    unit: Unit
    """Unit of value and interval."""
    value: Annotated[float | None, Field(validate_default=True)] = None
    """The figure, in `unit`."""
    numerator: float | None = None
    """What was counted on top, where the figure is a ratio."""
    denominator: Annotated[float, Field(ge=0)] | None = None
    """What was counted below."""
    interval: Interval | None = None
    """95 % interval, where the figure has one."""
    provisional: bool
    """True while the period is open."""
    revision: Version
    """Strictly increasing per key."""
    supersedes: Version | None = None
    """The revision that this one replaces."""
    computed_at: Instant
    """When, UTC."""
    tree_on: Day
    """Date of the tree of structures used."""
    engagements: Annotated[tuple[Engagement, ...], Field(max_length=MOST_ENGAGEMENTS)] = ()
    """Commitments that the figure is about."""

    @field_validator("value", "numerator", "denominator", "interval")
    @classmethod
    def _only_where_ok(cls, value: float | Interval | None, info: ValidationInfo) -> float | Interval | None:
        status = info.data.get("status", IndicatorStatus.UNKNOWN)
        if value is None and info.field_name == "value" and status is IndicatorStatus.OK:
            message = "is required when status is ok"
            raise ValueError(message)
        if value is not None and status not in {IndicatorStatus.OK, IndicatorStatus.UNKNOWN}:
            message = f"must be absent when status is {status}"
            raise ValueError(message)
        return value

    @field_validator("value")
    @classmethod
    def _inside_unit(cls, value: float | None, info: ValidationInfo) -> float | None:
        low, high = _BOUNDS.get(info.data.get("unit", Unit.UNKNOWN), (-inf, inf))
        if value is not None and not low <= value <= high:
            message = f"must lie between {low:g} and {high:g}"
            raise ValueError(message)
        return value

    @property
    def key(self) -> str:
        """Structure, indicator, period kind and start: one key, one current figure.

        A rolling window has one fixed key, so that only the latest stays in the compacted topic.
        """
        start = "latest" if self.period.kind is PeriodKind.ROLLING_12 else self.period.start.isoformat()
        return f"{self.structure_code}|{self.indicator_code}|{self.period.kind}|{start}"

    @property
    def happened_at(self) -> datetime:
        """When it was computed."""
        return self.computed_at
