"""StructureDeclared: reference data about one structure, with its history."""

from typing import Annotated, ClassVar

from pydantic import Field

from spplus_contracts.event import Event, Part
from spplus_contracts.vocabulary import Day, DelayCalendar, Department, IndicatorCode, StructureCode, Version

PublicName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=300,
        pattern=r"^[^\x00-\x1f\x7f-\x9f]+$",
        json_schema_extra={"x-public-name": True},
    ),
]
"""Name of a public body, a network or a town: public reference data, never of a person."""

MOST_DATED = 200
"""Most links or delays that one structure can have had over time."""


class ParentLink(Part):
    """Which structure this one belongs to, from a date on."""

    parent_code: StructureCode | None = None
    """The parent; absent for a root."""
    valid_from: Day
    """First day, Europe/Paris."""


class AnnouncedDelay(Part):
    """Within how many days the structure promises to answer, from a date on."""

    days: Annotated[int, Field(ge=1, le=730)]
    """Length of the delay."""
    calendar: DelayCalendar
    """Working days (French public holidays off) or calendar days."""
    valid_from: Day
    """First day, Europe/Paris."""


class StructureDeclared(Event):
    """A place or body that serves the public. The topic is compacted, so the history travels in the event."""

    TYPE: ClassVar[str] = "fr.spplus.structure.declared.v1"

    code: StructureCode
    """The code in the programme's reference data."""
    version: Version
    """Strictly increasing; a reader keeps the highest."""
    name: PublicName
    """Official name."""
    public_name: PublicName | None = None
    """Name for the public, where it differs."""
    network: PublicName
    """The administration it belongs to."""
    typology: PublicName | None = None
    """Sort of structure within the network."""
    parents: Annotated[tuple[ParentLink, ...], Field(max_length=MOST_DATED)] = ()
    """Parents over time, ordered by `valid_from`; none for a root."""
    department: Department | None = None
    """INSEE code of the department."""
    post_code: Annotated[str, Field(pattern=r"^[0-9]{5}$")] | None = None
    """French post code."""
    town: PublicName | None = None
    """Town."""
    active: bool = True
    """False once it no longer serves the public."""
    closed_on: Day | None = None
    """Day from which it is closed."""
    successor_code: StructureCode | None = None
    """The structure that took over."""
    announced_delays: Annotated[tuple[AnnouncedDelay, ...], Field(max_length=MOST_DATED)] = ()
    """Announced delays over time, ordered by `valid_from`."""
    not_applicable: Annotated[tuple[IndicatorCode, ...], Field(max_length=100)] = ()
    """Indicators that make no sense here (no telephone line, say)."""

    @property
    def key(self) -> str:
        """The structure's code."""
        return self.code

    @property
    def happened_at(self) -> None:
        """Reference data carries dates of validity, which may lie ahead."""
