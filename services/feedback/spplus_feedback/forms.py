"""What people type into the form, and what is said to them, in French, when something is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import ValidationError

from spplus_contracts.feedback import Dimensions
from spplus_feedback.bodies import StoryBody

Values = Mapping[str, Sequence[str]]
DIMENSIONS: Final = tuple(Dimensions.model_fields)
PROPOSAL: Final = "proposition"
EXPERIENCE: Final = "experience"
_TEXTS: Final = ("story", "suggestion", "title")
_SINGLE: Final = ("nature", "sentiment", *_TEXTS, *DIMENSIONS, "department", "answer_expected")
_LONGEST: Final = {"story": "10 000", "suggestion": "5 000", "title": "200"}
_NO_SENTIMENT: Final = "Choisissez votre ressenti : positif, neutre ou négatif."
_NO_STORY: Final = "Racontez votre expérience, même en une phrase."
_NO_SUGGESTION: Final = "Écrivez votre proposition, même en une phrase."
_NOT_OFFERED: Final = "Choisissez une des réponses proposées."
_UNREADABLE: Final = "Ce texte contient des caractères que nous ne pouvons pas lire. Merci de le saisir à nouveau."
_ORDER: Final = {
    EXPERIENCE: ("structures", "sentiment", "story", "suggestion", "title", "channels", *DIMENSIONS),
    PROPOSAL: ("structures", "suggestion", "story", "title", "sentiment", "channels", *DIMENSIONS),
}


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was sent: what to show again, and what is wrong with it."""

    values: dict[str, str] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    engagements: tuple[str, ...] = ()
    errors: dict[str, str] = field(default_factory=dict)
    """Message by field, in the order of the page."""
    body: StoryBody | None = None
    """The story, where nothing is wrong."""

    @property
    def proposal(self) -> bool:
        """Whether it is an idea for improvement."""
        return self.values.get("nature") == PROPOSAL

    @property
    def detailed(self) -> bool:
        """Whether something was said in the part that is folded away."""
        folded = (*DIMENSIONS, "engagements", "department")
        return bool(self.engagements) or any(self.values.get(name) or name in self.errors for name in folded)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """All that was typed, for another page to take along."""
        lists = [("channels", one) for one in self.channels] + [("engagements", one) for one in self.engagements]
        return [(name, value) for name, value in self.values.items() if value] + lists


def blank(nature: str | None) -> Filled:
    """A form that nobody touched."""
    return Filled(values={"nature": PROPOSAL if nature == PROPOSAL else EXPERIENCE, "answer_expected": "oui"})


def fill(sent: Values, structure_codes: Sequence[str]) -> Filled:
    """Read a form."""
    read = kept(sent)
    try:
        body = StoryBody.model_validate(_payload(read, structure_codes))
        errors = {}
    except ValidationError as fault:
        faults = [error for error in fault.errors(include_input=False) if error["loc"]]
        found = {_field(error["loc"]): str(error["type"]) for error in faults}
        errors = {name: _message(name, kind) for name, kind in found.items()}
        body = None
    errors |= _missing(read)
    order = (*_ORDER[read.values["nature"]], "engagements", "department")
    ordered = {name: errors[name] for name in order if name in errors}
    return replace(read, errors=ordered, body=None if ordered else body)


def kept(sent: Values) -> Filled:
    """What was typed, whatever is wrong with it."""
    values = {name: _one(sent, name) for name in _SINGLE}
    values["nature"] = PROPOSAL if values["nature"] == PROPOSAL else EXPERIENCE
    channels, engagements = (tuple(dict.fromkeys(sent.get(name, ()))) for name in ("channels", "engagements"))
    return Filled(values, channels, engagements)


def _missing(read: Filled) -> dict[str, str]:
    if read.proposal:
        return {} if read.values["suggestion"].strip() else {"suggestion": _NO_SUGGESTION}
    missing = {}
    if not read.values["sentiment"]:
        missing["sentiment"] = _NO_SENTIMENT
    if not read.values["story"].strip():
        missing["story"] = _NO_STORY
    return missing


def _one(sent: Values, name: str) -> str:
    """The first value; browsers send the line ends of the network."""
    return next(iter(sent.get(name, ())), "").replace("\r\n", "\n")


def _payload(read: Filled, structure_codes: Sequence[str]) -> dict[str, Any]:
    values = read.values
    dimensions = {name: values[name] for name in DIMENSIONS if values[name]}
    return {
        "structure_codes": list(structure_codes),
        "channels": list(read.channels),
        "engagements": list(read.engagements),
        "sentiment": values["sentiment"] or None,
        "dimensions": dimensions or None,
        "department": values["department"] or None,
        "proposal": read.proposal,
        "answer_expected": values["answer_expected"] != "non",
        **{name: values[name] for name in _TEXTS},
    }


def _field(place: tuple[int | str, ...]) -> str:
    first = str(place[0])
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
