"""What is shown of a page where its link is shared: which words, under which address. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import Unit
from spplus_notifier import catalogue, wording
from spplus_notifier.figure_set import Figures, View, has_value
from spplus_notifier.picture import GENERAL, Scale, Words

PATH: Final = "/apercu.png"


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture, as a page names it."""

    path: str
    """Another one when the picture says something else, for whoever keeps pictures."""
    alt: str


def general() -> Preview:
    """Of every page that is about no structure."""
    return Preview(f"{PATH}?v={GENERAL.name}", GENERAL.alt)


def preview_of(code: str, year: int | None, words: Words) -> Preview:
    """Of the results of a structure; `year` as the page was asked for."""
    asked = "" if year is None else f"&annee={year}"
    return Preview(f"/structures/{code}{PATH}?v={words.name}{asked}", words.alt)


def words_of(name: str, figures: Figures, view: View, not_applicable: Collection[str]) -> Words:
    """The first figure with a number of those that stand for a structure; else why the first has none."""
    codes = [code for code in catalogue.BRIEF if code not in not_applicable]
    for code in codes:
        figure = figures.shown(code, view)
        if figure is not None and has_value(figure):
            return _with_number(name, figure)
    first = figures.shown(codes[0], view) if codes else None
    said = wording.sentence(first, catalogue.BRIEF[0], applicable=bool(codes))
    return Words(name, f"{wording.headline(first, applicable=bool(codes))}.", said.rstrip("."))


def _with_number(name: str, figure: IndicatorComputed) -> Words:
    span = figure.period
    margin = wording.short_margin(figure)
    number = f"{wording.headline(figure)} ({margin})" if margin else wording.headline(figure)
    return Words(
        name,
        wording.plain(figure, figure.indicator_code),
        f"{number}, calcul sur {wording.sample(figure)}",
        _capital(wording.period(span.kind, span.start, span.end)),
        _scale(figure),
    )


def _scale(figure: IndicatorComputed) -> Scale | None:
    if figure.unit is not Unit.RATE or figure.value is None or figure.interval is None:
        return None
    return Scale(figure.interval.low, figure.value, figure.interval.high)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
