"""What a method is: all that somebody needs who wants to check a figure."""

from dataclasses import dataclass

from spplus_contracts.vocabulary import IntervalMethod, Unit


@dataclass(frozen=True, slots=True)
class Method:
    """How one indicator is computed."""

    code: str
    """Code of the indicator."""
    version: int
    """Goes with each figure as `method_version`."""
    label: str
    """Name on screens, French."""
    unit: Unit
    """Unit of value and interval."""
    formula: str
    """The formula in one line, French."""
    explanation: str
    """What counts, what does not and in which period, in plain French."""
    engagements: tuple[str, ...]
    """Commitments of the programme that it is about, as ``framework/number``."""
    interval: IntervalMethod | None = None
    """How its 95 % interval is computed; none where a figure is no estimate."""
    has_threshold: bool = True
    """Whether too small a sample withholds the value; a count has no threshold."""
