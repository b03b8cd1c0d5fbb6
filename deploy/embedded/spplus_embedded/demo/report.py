"""What a person sees at the end: a table of figures, and how fast they came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import IndicatorStatus, PeriodKind, Unit
from spplus_embedded.demo.tree import ROOT, Place
from spplus_notifier.catalogue import order, wording_of

_FEW: Final = "pas assez : pas assez de réponses (leur nombre) pour publier un chiffre fiable"
_INTERVAL: Final = "entre parenthèses après un pourcentage : intervalle de confiance à 95 %"
_BUSIEST: Final = 8
_SHOWN: Final = (
    "experience_count",
    "experience_satisfaction",
    "answer_rate",
    "on_time_rate",
    "answer_delay_median",
    "pickup_rate",
)

Figures = dict[tuple[str, str], IndicatorComputed]
"""The figures of one year, by structure and indicator."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long everything took."""

    parts_seconds: float
    start_seconds: float
    events: int
    """Statements that the doors accepted during the history."""
    play_seconds: float
    """Until the doors had taken them."""
    agree_seconds: float
    """Until every figure was published, from the first statement on."""
    per_second: int
    """Steady rate of the citizens whose figures were watched."""
    latencies: Sequence[float]
    """Seconds from each 202 to the figure on the live stream."""

    @property
    def events_per_second(self) -> float:
        """End to end: from the first statement to the last figure."""
        return self.events / self.agree_seconds

    def latency(self, share: float) -> float | None:
        """Quantile of the latencies, the nearest rank."""
        ranked = sorted(self.latencies)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else None


def main_year(published: Sequence[IndicatorComputed]) -> date:
    """The year with the most stories."""
    counts = {
        figure.period.start: figure.n
        for figure in published
        if (figure.structure_code, figure.indicator_code) == (ROOT, "experience_count")
        and figure.period.kind is PeriodKind.YEAR
    }
    return max(counts, key=lambda start: (counts[start], start))


def figures_of(published: Sequence[IndicatorComputed], year: date) -> Figures:
    """What is published for a year."""
    return {
        (figure.structure_code, figure.indicator_code): figure
        for figure in published
        if figure.period.kind is PeriodKind.YEAR and figure.period.start == year
    }


def chosen(places: Sequence[Place], figures: Figures) -> list[Place]:
    """The region, its networks, the places that most is told about, and the one with the fewest stories."""

    def told(place: Place) -> int:
        figure = figures.get((place.code, "experience_count"))
        return figure.n if figure else 0

    serving = sorted((place for place in places if place.serves and told(place)), key=told, reverse=True)
    heads = [place for place in places if ROOT in {place.code, place.parent}]
    return list(dict.fromkeys([*heads, *serving[:_BUSIEST], *serving[-1:]]))


def table(places: Sequence[Place], figures: Figures, year: date) -> Table:
    """The figures of the chosen places."""
    shown = Table(
        title=f"Qualité de service - Val-de-Brume, {year.year}",
        caption=f"{_FEW}\n{_INTERVAL}",
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1),
        caption_justify="left",
    )
    shown.add_column("Structure", overflow="fold")
    for name in ("Avis", "Satisfaction", "Répondus", "Dans les délais", "Délai médian"):
        shown.add_column(name, justify="right", min_width=5)
    for place in chosen(places, figures):
        rows = {name: figures.get((place.code, name)) for name in _SHOWN}
        head = ROOT in {place.code, place.parent}
        shown.add_row(
            place.name,
            _whole(rows["experience_count"]),
            _percent(rows["experience_satisfaction"]),
            _percent(rows["answer_rate"], interval=False),
            _percent(rows["on_time_rate"]),
            _days(rows["answer_delay_median"]),
            style="bold" if place.code == ROOT else "",
            end_section=head and place is [one for one in chosen(places, figures) if one.parent in {"", ROOT}][-1],
        )
    return shown


def of_region(published: Sequence[IndicatorComputed], year: date) -> dict[str, IndicatorComputed]:
    """Each indicator of the whole region: its last twelve months; where there are none (surveys), the year."""
    found = {code: figure for (place, code), figure in figures_of(published, year).items() if place == ROOT}
    rolling = {
        figure.indicator_code: figure
        for figure in published
        if figure.structure_code == ROOT and figure.period.kind is PeriodKind.ROLLING_12
    }
    found |= rolling
    known = [*order(), *sorted(set(found) - set(order()))]
    return {code: found[code] for code in known if code in found}


def region_table(found: dict[str, IndicatorComputed]) -> Table:
    """Every indicator of the region, one a line."""
    shown = Table(
        title="Tous les indicateurs de la région",
        caption="douze derniers mois ; enquêtes : par année, par pas d'au moins dix réponses",
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1),
        caption_justify="left",
    )
    shown.add_column("Indicateur", overflow="fold")
    for name in ("Période", "Valeur", "Intervalle à 95 %", "Calculé sur"):
        shown.add_column(name, justify="right")
    for code, figure in found.items():
        margin = figure.interval
        span = "" if margin is None else f"{_quantity(margin.low, figure.unit)} à {_quantity(margin.high, figure.unit)}"
        period = str(figure.period.start.year) if figure.period.kind is PeriodKind.YEAR else "12 mois"
        value = "-" if figure.value is None else _quantity(figure.value, figure.unit)
        shown.add_row(wording_of(code).short, period, _withheld(figure) or value, span, _spaced(figure.n))
    return shown


def _quantity(value: float, unit: Unit) -> str:
    if unit is Unit.RATE:
        return f"{100 * value:.1f} %".replace(".", ",")
    if unit is Unit.POINTS:
        return f"{value:+.1f} pts".replace(".", ",")
    if unit is Unit.DAYS:
        return f"{value:.1f} j".replace(".0 ", " ").replace(".", ",")
    return _spaced(round(value))


def paces(pace: Pace) -> list[str]:
    """How fast it went, line by line."""
    taken = f"{_spaced(pace.events)} events taken in {pace.play_seconds:.1f} s, published in {pace.agree_seconds:.1f} s"
    lines = [
        f"Parts {pace.parts_seconds:.1f} s, platform {pace.start_seconds:.1f} s",
        f"{taken}: {_spaced(round(pace.events_per_second))} events per second end to end",
    ]
    p50, p95 = pace.latency(0.5), pace.latency(0.95)
    if p50 is not None and p95 is not None:
        lines.append(
            f"From 202 Accepted to the figure on the live stream, at {pace.per_second} stories per second: "
            f"p50 {p50:.2f} s, p95 {p95:.2f} s ({_spaced(len(pace.latencies))} stories)"
        )
    return lines


def as_json(places: Sequence[Place], published: Sequence[IndicatorComputed], pace: Pace, year: date) -> dict[str, Any]:
    """The same for programs. Seconds; rates 0-1."""
    figures = figures_of(published, year)
    return {
        "year": year.year,
        "figures_checked": len(published),
        "parts_seconds": round(pace.parts_seconds, 3),
        "start_seconds": round(pace.start_seconds, 3),
        "events": pace.events,
        "play_seconds": round(pace.play_seconds, 3),
        "agree_seconds": round(pace.agree_seconds, 3),
        "events_per_second": round(pace.events_per_second, 1),
        "steady_per_second": pace.per_second,
        "steady_stories": len(pace.latencies),
        "accepted_to_published_seconds": {"p50": pace.latency(0.5), "p95": pace.latency(0.95)},
        "region": {
            code: figure.model_dump(mode="json", exclude_none=True)
            for code, figure in of_region(published, year).items()
        },
        "structures": [
            {
                "code": place.code,
                "name": place.name,
                "figures": {
                    name: figures[place.code, name].model_dump(mode="json", exclude_none=True)
                    for name in _SHOWN
                    if (place.code, name) in figures
                },
            }
            for place in chosen(places, figures)
        ],
    }


def _whole(figure: IndicatorComputed | None) -> str:
    return "-" if figure is None else _spaced(figure.n)


def _percent(figure: IndicatorComputed | None, *, interval: bool = True) -> str:
    withheld = _withheld(figure)
    if withheld is not None or figure is None or figure.value is None:
        return withheld or "-"
    text = f"{100 * figure.value:.0f} %"
    if interval and figure.interval is not None:
        text += f" ({100 * figure.interval.low:.0f}-{100 * figure.interval.high:.0f})"
    return text


def _days(figure: IndicatorComputed | None) -> str:
    withheld = _withheld(figure)
    if withheld is not None or figure is None or figure.value is None:
        return withheld or "-"
    return f"{figure.value:.0f} j" if figure.value == int(figure.value) else f"{figure.value:.1f} j".replace(".", ",")


def _withheld(figure: IndicatorComputed | None) -> str | None:
    if figure is not None and figure.status is IndicatorStatus.INSUFFICIENT_SAMPLE:
        return f"pas assez ({figure.n})"
    return None


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")
