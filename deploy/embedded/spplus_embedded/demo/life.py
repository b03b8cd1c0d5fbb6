"""A year in the region, drawn from a seed: the same seed and the same start give the same year, to the second."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from typing import Final

from spplus_chassis.french import PARIS
from spplus_contracts.vocabulary import Author, Channel, FeedbackKind, Outcome, RequestKind, ScoreScale, Sentiment
from spplus_embedded.demo.facts import DESK, HTTP, SOURCE_OF, SOURCES, Act, Letter, Mark, Story, Year
from spplus_embedded.demo.quality import (
    HABITS,
    Character,
    characters,
    days_to_answer,
    feeling,
    finer_feelings,
    pressure,
    procedure_mark,
    survey_mark,
)
from spplus_embedded.demo.totals import monthly_totals
from spplus_embedded.demo.tree import Network, Place

PLATFORM_ANSWER_DAYS: Final = 15
"""The delay that the platform's own door announces in the demo, for structures that declared none."""

_CLOSED_MONTHS: Final = 12
_LATEST: Final = timedelta(hours=1)
"""The year ends this long before the demo starts: nothing of it lies ahead of anybody's clock."""
_THROUGH_PLATFORM: Final = 0.12
"""Share of the stories about a network with a system of its own that citizens tell on the platform."""
_OWN_COMMITMENT: Final = ("sp-plus-2021/5", "sp-plus-2021/7", "sp-plus-2023/3")
_IN_WRITING: Final = {
    Network.HEALTH: (RequestKind.LETTER, Channel.MAIL),
    Network.EMPLOYMENT: (RequestKind.COMPLAINT, Channel.MAIL),
    Network.TAXES: (RequestKind.EMAIL, Channel.EMAIL),
}


def year_before(now: datetime, places: Sequence[Place], *, feedbacks: int, seed: int) -> Year:
    """The last twelve months and the current one, with so many stories.

    To fifteen of them comes about one letter, to six about one answer to a survey or rating of a procedure.
    """
    chance = Random(seed)  # noqa: S311  # a story for a demo, no secret
    who = characters(places, chance)
    months = _months(now)
    draw = _Draw(chance, who, months, now - _LATEST)
    stories = sorted((draw.story() for _ in range(feedbacks)), key=lambda story: story.submitted_at)
    letters = sorted((draw.letter() for _ in range(max(1, feedbacks // 15))), key=lambda letter: letter.received_at)
    marks = sorted((draw.mark() for _ in range(max(1, feedbacks // 6))), key=lambda mark: mark.submitted_at)
    return Year(
        stories=tuple(stories),
        letters=tuple(letters),
        marks=tuple(marks),
        totals=tuple(monthly_totals(places, months[:_CLOSED_MONTHS], chance)),
    )


def _months(now: datetime) -> list[date]:
    """First days of the closed months, of the current one and of the next, the oldest first."""
    first = now.astimezone(PARIS).date().replace(day=1)
    months = [first, _next(first)]
    for _ in range(_CLOSED_MONTHS):
        months.insert(0, (months[0] - timedelta(days=1)).replace(day=1))
    return months


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


class _Draw:
    """Draws what happens, one thing after the other."""

    def __init__(self, chance: Random, who: Sequence[Character], months: Sequence[date], end: datetime) -> None:
        self._chance = chance
        self._who = {network: [one for one in who if one.network is network] for network in HABITS}
        self._spans = list(pairwise(_midnight(month) for month in months))
        self._end = end
        self._number = 0

    def story(self) -> Story:
        """One feedback with all that becomes of it before the end."""
        chance = self._chance
        self._number += 1
        network = chance.choices(list(HABITS), [habit.share for habit in HABITS.values()])[0]
        one, at = self._someone(network)
        door = HTTP
        if network in SOURCE_OF and not self._happens(_THROUGH_PLATFORM):
            door = SOURCE_OF[network].code
        if door == HTTP and self._happens(0.03):
            return self._proposal(one, at)
        through = door if door != HTTP else self._answering_door(network)
        expected = self._happens(0.92)
        acts = self._acts(one, at) if expected else ()
        feels = feeling(one, at.date(), chance)
        return Story(
            number=self._number,
            structure_code=one.place.code,
            door=door,
            submitted_at=at,
            sentiment=feels if self._happens(0.97) else None,
            author=Author.CITIZEN,
            channels=frozenset(chance.sample(HABITS[network].channels, chance.choice((1, 1, 2)))),
            engagements=frozenset({chance.choice(_OWN_COMMITMENT)}),
            answer_expected=expected,
            due_on=self._due_on(one, at) if expected and door != HTTP else None,
            answered_through=through,
            acts=acts,
            repeated=self._happens(0.02),
            corrected_to=_other(feels) if door != HTTP and self._happens(0.015) else None,
            withdrawn_at=self._withdrawal(at),
            dimensions=finer_feelings(feels, chance),
        )

    def letter(self) -> Letter:
        """One request in writing: most are acknowledged soon, some late, and some only by their answer."""
        self._number += 1
        network = self._chance.choice(list(_IN_WRITING))
        one, at = self._someone(network)
        kind, channel = _IN_WRITING[network]
        acts = self._acts(one, at) if self._happens(0.08) else ()
        if not acts:
            days = self._chance.uniform(8, 24) if self._happens(0.12) else self._chance.uniform(0.05, 2.5)
            opened_at = min(at + timedelta(days=days), self._end)
            promised = self._due_on(one, opened_at) if self._happens(0.9) else None
            opening = Act(Outcome.ACKNOWLEDGED, opened_at, one.place.code, due_on=promised)
            acts = (opening, *self._acts(one, at, opened_at))
        return Letter(self._number, SOURCE_OF[network].code, kind, channel, one.place.code, at, acts)

    def mark(self) -> Mark:
        """One answer to a survey, or one rating of a procedure."""
        chance = self._chance
        self._number += 1
        grant = chance.choice(SOURCES)
        one, at = self._someone(grant.network)
        if grant.procedures and self._happens(0.6):
            kind, (procedure, typical) = FeedbackKind.PROCEDURE_RATING, chance.choice(grant.procedures)
            scale, value = ScoreScale.ZERO_TO_TEN, procedure_mark(typical + 3 * one.charm, chance)
        else:
            kind, procedure, scale = FeedbackKind.SURVEY, None, grant.survey_scale
            value = survey_mark(feeling(one, at.date(), chance), scale, chance)
        return Mark(
            number=self._number,
            source=grant.code,
            kind=kind,
            structure_code=one.place.code,
            submitted_at=at,
            scale=scale,
            value=value,
            procedure_code=procedure,
            corrected_to=survey_mark(Sentiment.NEUTRAL, scale, chance) if self._happens(0.02) else None,
            retracted=self._happens(0.01),
        )

    def _proposal(self, one: Character, at: datetime) -> Story:
        return Story(
            number=self._number,
            structure_code=one.place.code,
            door=HTTP,
            submitted_at=at,
            sentiment=None,
            author=Author.AGENT,
            channels=frozenset(),
            engagements=frozenset(),
            answer_expected=False,
            due_on=None,
            answered_through=DESK,
        )

    def _someone(self, network: Network) -> tuple[Character, datetime]:
        """A place and an instant: busy places and busy months have more of both."""
        chance = self._chance
        one = chance.choices(self._who[network], [who.crowd for who in self._who[network]])[0]
        lengths = [max(0.0, (min(end, self._end) - start) / (end - start)) for start, end in self._spans]
        weights = [
            pressure(network, start.astimezone(PARIS).date()) * length
            for (start, _), length in zip(self._spans, lengths, strict=True)
        ]
        start, end = chance.choices(self._spans, weights)[0]
        seconds = (min(end, self._end) - start).total_seconds()
        return one, start + timedelta(seconds=int(chance.uniform(0, seconds)))

    def _acts(self, one: Character, at: datetime, opened_at: datetime | None = None) -> tuple[Act, ...]:
        """What the agency says after it opened the request; what would lie after the end is not said."""
        chance = self._chance
        wait = timedelta(seconds=int(86_400 * days_to_answer(one, at.date(), chance)))
        start, holder = opened_at or at, one.place.code
        said: list[Act] = []
        if opened_at is None and self._happens(0.1):
            said.append(Act(Outcome.ACKNOWLEDGED, at + timedelta(hours=3), holder))
        if self._happens(0.03):
            target = chance.choice(self._who[one.network]).place.code
            if target != holder:
                said.append(Act(Outcome.REDIRECTED, start + timedelta(hours=20), holder, redirected_to=target))
                holder = target
        if wait > timedelta(days=12) and self._happens(0.3):
            noticed_at = start + timedelta(days=9)
            said.append(Act(Outcome.DELAY_NOTICE, noticed_at, holder, due_on=self._due_on(one, noticed_at)))
        last = chance.choices((Outcome.ANSWERED, Outcome.CLOSED_UNANSWERED, None), (0.92, 0.01, 0.07))[0]
        if last is not None:
            before = max((act.at for act in said), default=start)
            said.append(Act(last, max(at + wait, before + timedelta(hours=1)), holder))
        return tuple(act for act in said if act.at <= self._end)

    def _answering_door(self, network: Network) -> str:
        """A story of the platform is answered at its desk, or by the agency's own system."""
        if network in SOURCE_OF and self._happens(0.65):
            return SOURCE_OF[network].code
        return DESK

    def _due_on(self, one: Character, at: datetime) -> date:
        return at.astimezone(PARIS).date() + timedelta(days=HABITS[one.network].announced_days)

    def _withdrawal(self, at: datetime) -> datetime | None:
        withdrawn_at = at + timedelta(days=self._chance.randint(1, 20))
        return withdrawn_at if self._happens(0.015) and withdrawn_at <= self._end else None

    def _happens(self, probability: float) -> bool:
        return self._chance.random() < probability


def _other(feels: Sentiment) -> Sentiment:
    return Sentiment.NEUTRAL if feels is not Sentiment.NEUTRAL else Sentiment.NEGATIVE


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, PARIS)
