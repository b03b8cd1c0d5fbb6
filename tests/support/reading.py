"""Reads pages as a person does: every number in a sentence must be one that the open data tells."""

import math
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

from spplus_chassis.french import MINUS

MONTHS = "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
DATES = re.compile(
    rf"(\b\d{{1,2}}(er)? )?\b({MONTHS}) 20\d\d|[Aa]nnée 20\d\d|^20\d\d( \(en cours\))?$|\b\d(er|e) trimestre 20\d\d"
    r"|\bEngagement [1-9]\b|\btexte de 2021\b|\b\d{1,2} h \d\d|\b\d+(re|e) version|\b\d\de centile"
)
FORMS = (
    (re.compile(r"^Environ (\d+) \D+ sur (10|100) "), lambda x, of: (x / of, x / of)),
    (re.compile(r"^Entre (\d+) et (\d+) \D+ sur 10 "), lambda a, b: (a / 10, b / 10)),
    (re.compile(r"^Presque (\d+) \D+ sur 10 "), lambda x: ((x - 1) / 10, x / 10)),
    (re.compile(r"^Un peu plus de (\d+) \D+ sur 10 "), lambda x: (x / 10, (x + 1) / 10)),
    (re.compile(r"^Au moins (\d+) \D+ sur (10|100) "), lambda x, of: (x / of, 1)),
    (re.compile(r"^Au plus (\d+) \D+ sur (10|100) "), lambda x, of: (0, x / of)),
    (re.compile(r"^([\d,]+) [^\d ]+ sur (100) "), lambda x, of: (x / of, x / of)),
)
"""How a share is said, and between which rates the words are true."""
BOUNDS = frozenset(("Entre", "Presque", "Un", "Au"))
"""First words of a share that holds anywhere in the interval; after the others its rate is the figure's own."""
NUMBER = re.compile(rf"[{MINUS}+]?\d+(?:,\d+)?")
_VOID = frozenset(("meta", "link", "input", "br", "hr", "img"))
_OF_NO_FIGURE = frozenset(("number", "quiet place", "formula", "paper"))
"""Numbers of engagements, post codes, what paper says of the margin."""
_ROUNDED = 0.0501


def flat(text: str) -> str:
    """Without the spaces that group digits."""
    return re.sub(r"\s+", " ", text.replace("\u202f", "").replace("\u00a0", " ")).strip()


def claimed(sentence: str) -> tuple[str, float, float] | None:
    """What a reader understands of a share in words: the first word, and the rates between which it is true."""
    text = flat(sentence)
    for form, reading in FORMS:
        if found := form.match(text):
            return text.split()[0], *reading(*(float(part.replace(",", ".")) for part in found.groups()))
    return None


class _Texts(HTMLParser):
    """Collects texts: by the figure that they are about, and those about none."""

    def __init__(self) -> None:
        super().__init__()
        self.about: list[tuple[str, list[str]]] = []
        self.loose: list[str] = []
        self._open: list[tuple[str, str | None, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        given = dict(attrs)
        key = given.get("data-figure")
        place = len(self.about)
        if key:
            self.about.append((key, []))
        silent = tag in {"svg", "nav", "head", "textarea", "pre", "code"} or given.get("class") in _OF_NO_FIGURE
        self._open.append((tag, "silent" if silent else "figure" if key else None, place))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            if self._open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        if any(kind == "silent" for _, kind, _ in self._open):
            return
        for _, kind, place in reversed(self._open):
            if kind == "figure":
                self.about[place][1].append(data)
                return
        self.loose.append(data)


def sentences(html: str) -> tuple[list[tuple[str, str]], list[str]]:
    """(key of the figure, text) of all that is said of a figure; and texts with digits about no figure."""
    texts = _Texts()
    texts.feed(html)
    loose = (flat(_without_fixed_words(flat(text))) for text in texts.loose)
    return [(key, flat(" ".join(parts))) for key, parts in texts.about], [
        text for text in loose if re.search(r"\d", text)
    ]


def key_of(item: Mapping[str, Any]) -> str:
    """The key of a figure of the API."""
    period = item["period"]
    start = "latest" if period["kind"] == "rolling_12" else period["start"]
    return "|".join((item["structure_code"], item["indicator_code"], period["kind"], start))


def untrue(text: str, item: Mapping[str, Any]) -> Iterator[str]:
    """What a text says of a figure that the API does not."""
    interval = item.get("interval")
    if item["status"] == "ok" and (said := claimed(text)) is not None:
        form, least, most = said
        low, high = interval["low"], interval["high"]
        true = least - 1e-6 <= low and high <= most + 1e-6
        if form not in BOUNDS:
            true = low - 1e-4 <= least <= most <= high + 1e-4
        if not true:
            yield f"{text!r}: {low} to {high}"
        text = next(form.sub("", text) for form, _ in FORMS if form.match(text))
    if found := re.search(r"en (\d+) jours? ou moins\.", text):
        days, high = int(found[1]), interval["high"] if interval else item["value"]
        if not item["value"] <= days <= max(1, math.ceil(high)):
            yield f"{text!r}: {item['value']} up to {high}"
        text = text.replace(found[0], "")
    known = [item["n"], *(item.get(name) for name in ("numerator", "denominator"))]
    factor = 100 if item["unit"] == "rate" else 1
    values = [item.get("value"), *((interval["low"], interval["high"]) if interval else ())]
    known += [factor * value for value in values if value is not None]
    for said in NUMBER.findall(_without_fixed_words(text)):
        number = float(said.replace(MINUS, "-").replace(",", "."))
        if not any(abs(number - one) <= _ROUNDED for one in known if one is not None):
            yield f"{said} in {text!r}: {known}"


def _without_fixed_words(text: str) -> str:
    text = DATES.sub(" ", text)
    for words in ("(intervalle à 95%)", "au moins 8 sur 10", "de moins 100 à plus 100"):
        text = text.replace(words, "")
    return text
