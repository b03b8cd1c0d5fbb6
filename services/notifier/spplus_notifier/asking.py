"""What readers of the open data may ask: the parameters of each route, checked."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from spplus_chassis.paging import place_of
from spplus_contracts.vocabulary import Engagement, IndicatorCode, IndicatorStatus, PeriodKind, StructureCode
from spplus_notifier.figure_key import LATEST, FigureKey
from spplus_notifier.selection import Filter

MOST_INDICATORS = 50


def _checked_cursor(cursor: str) -> str:
    place_of(cursor)
    return cursor


def _checked_number_cursor(cursor: str) -> str:
    if not place_of(cursor).isascii() or not place_of(cursor).isdigit():
        raise ValueError("is not a cursor of this service")
    return cursor


class FigureFilter(BaseModel):
    """Which figures; every parameter may be left out, and an unknown one is refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    structure_code: StructureCode | None = None
    """One structure, with all its descendants counted in."""
    subtree: StructureCode | None = None
    """Figures of this structure and of each one below it, in the tree of today (Europe/Paris)."""
    indicator_code: Annotated[list[IndicatorCode], Field(max_length=MOST_INDICATORS)] = []
    """One indicator, or several: the parameter may be repeated."""
    period_kind: PeriodKind | None = None
    """Length of the period."""
    period_start: date | None = None
    """First day of the period."""
    period_from: date | None = None
    """The period begins on this day or later."""
    period_before: date | None = None
    """The period begins before this day."""
    status: IndicatorStatus | None = None
    """Whether there is a number, and if not, why."""
    engagement: Engagement | None = None
    """One commitment of the programme, as framework/number."""
    as_of: AwareDatetime | None = None
    """What was published at this instant (with its offset). Of periods that were open then, what stood at the end of
    each Paris day is kept, so within a day older than what the live stream keeps it may be the day before's."""

    def filter(self) -> Filter:
        """As the queries take it."""
        return Filter(
            structure_code=self.structure_code,
            subtree=self.subtree,
            indicator_codes=tuple(dict.fromkeys(self.indicator_code)),
            period_kind=self.period_kind and self.period_kind.value,
            period_start=self.period_start,
            starts_from=self.period_from,
            starts_before=self.period_before,
            status=self.status and self.status.value,
            engagement=self.engagement,
        )


class FigureQuery(FigureFilter):
    """Parameters of a page of figures."""

    cursor: Annotated[str, Field(max_length=400), AfterValidator(_checked_cursor)] | None = None
    """`next` of the page before."""
    limit: Annotated[int, Field(ge=1, le=1000)] = 200
    """Most figures in one page."""


class CsvQuery(FigureFilter):
    """Parameters of the CSV export."""

    decimal: Literal["point", "comma"] = "point"
    """Sign before the decimals; `comma` for spreadsheets set to French."""


class HistoryQuery(BaseModel):
    """Parameters of a figure's history."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    structure_code: StructureCode
    """The structure."""
    indicator_code: IndicatorCode
    """The indicator."""
    period_kind: PeriodKind
    """Length of the period."""
    period_start: date | None = None
    """First day of the period; not needed for the rolling twelve months, which have one key."""
    cursor: Annotated[str, Field(max_length=40), AfterValidator(_checked_number_cursor)] | None = None
    """`next` of the page before."""
    limit: Annotated[int, Field(ge=1, le=1000)] = 200
    """Most revisions in one page."""

    def key(self) -> str:
        """The figure's key."""
        rolling = self.period_kind is PeriodKind.ROLLING_12 or self.period_start is None
        start = LATEST if rolling or self.period_start is None else self.period_start.isoformat()
        return str(FigureKey(self.structure_code, self.indicator_code, self.period_kind.value, start))
