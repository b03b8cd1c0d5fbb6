"""How much of what is personal is found in real texts, and how often the rules err. The method: docs/moderation.md."""

import csv
import random
import re
from collections import Counter
from pathlib import Path

from spplus_feedback.moderation.detection import detect
from spplus_feedback.moderation.spans import Kind
from tests.support.personal_values import VALUES

MASKED = re.compile(r"\[(courriel|téléphone)\]")
MEANT = {"courriel": Kind.EMAIL, "téléphone": Kind.PHONE}
FILLINGS = 100
"""Values that each masked place is filled with, one after the other."""
PLANTED = 400
"""Values of each kind that are planted into texts."""


def texts_of(path: Path) -> list[str]:
    """Title and story of each experience."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["Titre"] + "\n" + row["Description"] for row in csv.DictReader(file, delimiter=";")]


def covered(text: str, start: int, end: int) -> bool:
    """Whether everything of a place that says something is found, as whatever kind."""
    found = {at for span in detect(text) for at in range(span.start, span.end)}
    return all(at in found for at in range(start, end) if text[at].isalnum())


def filled_recall(texts: list[str]) -> dict[str, tuple[int, int, int]]:
    """Of each kind of masked place: places, fillings, fillings found whole."""
    rng = random.Random(2026)
    result: dict[str, tuple[int, int, int]] = {}
    for text in texts:
        for match in MASKED.finditer(text):
            draw, _ = VALUES[MEANT[match.group(1)]]
            found = 0
            for _ in range(FILLINGS):
                value = draw(rng)
                filled = text[: match.start()] + value + text[match.end() :]
                found += covered(filled, match.start(), match.start() + len(value))
            before = result.get(match.group(1), (0, 0, 0))
            result[match.group(1)] = (before[0] + 1, before[1] + FILLINGS, before[2] + found)
    return result


def planted_recall(texts: list[str]) -> dict[Kind, tuple[int, int]]:
    """Of each kind: values planted after a sentence of a real text, and those found whole."""
    result = {}
    for kind, (draw, sentences) in VALUES.items():
        rng = random.Random(f"2026 {kind}")
        found = 0
        for _ in range(PLANTED):
            text = rng.choice(texts)
            ends = [match.end() for match in re.finditer(r"[.!?]\s", text)] or [len(text)]
            at, value = rng.choice(ends), draw(rng)
            lead, _, tail = rng.choice(sentences).partition("{}")
            planted = f"{text[:at]} {lead}{value}{tail}. {text[at:]}"
            start = at + 1 + len(lead)
            found += covered(planted, start, start + len(value))
        result[kind] = (PLANTED, found)
    return result


def alarms(texts: list[str]) -> Counter[Kind]:
    """What is found in the texts as they are, outside the masked places."""
    return Counter(span.kind for text in texts for span in detect(MASKED.sub("[ ]", text)))
