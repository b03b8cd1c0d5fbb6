"""What a reader may ask of the published experiences, and the place in the list from which to go on."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from spplus_chassis.paging import cursor_of, place_of

FIRST_DAY: Final = date(2015, 1, 1)
LAST_DAY: Final = date(2100, 1, 1)
MOST: Final = 100
PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the next one holds what was published before, whatever came in meanwhile."""

    published_at: datetime
    public_id: UUID

    @property
    def cursor(self) -> str:
        """As a reader hands it back."""
        return cursor_of(f"{self.published_at.isoformat()} {self.public_id}")

    @classmethod
    def of(cls, cursor: str) -> Self:
        """Read it again. Raises `ValueError` where we did not write it."""
        published_at, _, public_id = place_of(cursor).partition(" ")
        place = cls(datetime.fromisoformat(published_at), UUID(public_id))
        if place.published_at.tzinfo is None or place.cursor != cursor:
            raise ValueError("is not a cursor of this service")
        return place


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds characters that cannot be written")
    return text


def _our_cursor(text: str) -> str:
    try:
        Place.of(text)
    except ValueError:
        raise ValueError("is not a cursor of this service") from None
    return text


Words = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]


class ExperienceFilter(BaseModel):
    """Which experiences. All that is given must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    structure: Words | None = None
    """Code of a structure: those told about it and about all that stands below it today."""
    network: Words | None = None
    """Name of a network, as the structures bear it."""
    sentiment: Literal["positive", "neutral", "negative"] | None = None
    """Feeling of the author."""
    since: Annotated[Day | None, Field(alias="from")] = None
    """First day of publication, inclusive, in Europe/Paris."""
    until: Annotated[Day | None, Field(alias="to")] = None
    """Last day of publication, inclusive, in Europe/Paris."""
    answered: bool | None = None
    """Whether a structure answered, here or elsewhere; with `structure` or `network`, one of those."""
    proposal: bool | None = None
    """Whether it is told as a proposal."""
    q: Words | None = None
    """Words of the story, in French: accents and inflections do not matter; "exact words", or, -without."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.until < self.since:
            raise ValueError("`to` lies before `from`")
        return self

    def given(self) -> dict[str, str]:
        """The filters that are set, as query parameters, in a fixed order."""
        said = self.model_dump(
            mode="json", by_alias=True, exclude_none=True, include=set(ExperienceFilter.model_fields)
        )
        return {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in said.items()
            if name in NAMES
        }


NAMES: Final = frozenset(field.alias or name for name, field in ExperienceFilter.model_fields.items())
"""The filters as a reader writes them."""


class ExperienceQuery(ExperienceFilter):
    """Which experiences, and which page of them."""

    cursor: Annotated[str, Field(max_length=200), AfterValidator(_our_cursor)] | None = None
    """`next` of the page before."""
    limit: Annotated[int, Field(ge=1, le=MOST)] = PAGE
    """Most experiences of a page."""

    @property
    def after(self) -> Place | None:
        """Where the page before ended."""
        return None if self.cursor is None else Place.of(self.cursor)
