"""What people type into the form, and what is said to them, in French, when something is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from spplus_contracts.feedback import Dimensions
from spplus_feedback.bodies import StoryBody

Values = Mapping[str, Sequence[str]]
DIMENSIONS: Final = tuple(Dimensions.model_fields)
_TEXTS: Final = ("story", "suggestion", "title")
_LONGEST: Final = {"story": "10 000", "suggestion": "5 000", "title": "200"}
_NO_SENTIMENT: Final = "Choisissez votre ressenti : positif, neutre ou négatif."
_NO_STORY: Final = "Racontez votre expérience, même en une phrase."
_NOT_OFFERED: Final = "Choisissez une des réponses proposées."
_UNREADABLE: Final = "Ce texte contient des caractères que nous ne pouvons pas lire. Merci de le saisir à nouveau."


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was sent: what to show again, and what is wrong with it."""

    values: dict[str, str] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    errors: dict[str, str] = field(default_factory=dict)
    """Message by field, in the order of the page."""
    body: StoryBody | None = None
    """The story, where nothing is wrong."""

    @property
    def detailed(self) -> bool:
        """Whether something was said about the finer feelings."""
        return any(self.values.get(name) or name in self.errors for name in DIMENSIONS)


EMPTY: Final = Filled(values={"answer_expected": "oui"})


def fill(sent: Values, structure_codes: Sequence[str]) -> Filled:
    """Read a form."""
    values = {name: _one(sent, name) for name in (*_TEXTS, "sentiment", "answer_expected", *DIMENSIONS)}
    channels = tuple(dict.fromkeys(sent.get("channels", ())))
    errors = {}
    if not values["sentiment"]:
        errors["sentiment"] = _NO_SENTIMENT
    if not values["story"].strip():
        errors["story"] = _NO_STORY
    try:
        body = StoryBody.model_validate(_payload(values, channels, structure_codes))
    except ValidationError as fault:
        found = {_field(error["loc"]): str(error["type"]) for error in fault.errors(include_input=False)}
        errors = {name: _message(name, kind) for name, kind in found.items()} | errors
        body = None
    order = ("structures", "sentiment", "story", "suggestion", "title", "channels", *DIMENSIONS)
    ordered = {name: errors[name] for name in order if name in errors}
    return Filled(values, channels, ordered, None if ordered else body)


def _one(sent: Values, name: str) -> str:
    """The first value; browsers send the line ends of the network."""
    return next(iter(sent.get(name, ())), "").replace("\r\n", "\n")


def _payload(values: Mapping[str, str], channels: Sequence[str], structure_codes: Sequence[str]) -> dict[str, Any]:
    dimensions = {name: values[name] for name in DIMENSIONS if values[name]}
    return {
        "structure_codes": list(structure_codes),
        "channels": list(channels),
        "sentiment": values["sentiment"] or None,
        "dimensions": dimensions or None,
        "answer_expected": values["answer_expected"] != "non",
        **{name: values[name] for name in _TEXTS},
    }


def _field(place: tuple[int | str, ...]) -> str:
    first = str(place[0]) if place else "story"
    if first == "dimensions" and len(place) > 1:
        return str(place[1])
    return "structures" if first == "structure_codes" else first


def _message(name: str, kind: str) -> str:
    if kind == "string_too_long":
        return f"Ce texte est trop long : {_LONGEST.get(name, '200')} caractères au plus."
    if name in _TEXTS:
        return _UNREADABLE
    if name == "structures":
        return "Choisissez un à trois services."
    return _NOT_OFFERED
