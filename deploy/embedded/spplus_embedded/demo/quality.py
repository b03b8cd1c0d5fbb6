"""How well the structures of the region serve: each network has its seasons, each place its own habits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from spplus_contracts.feedback import Dimensions
from spplus_contracts.vocabulary import Channel, ScoreScale, Sentiment
from spplus_embedded.demo.tree import Network, Place


@dataclass(frozen=True, slots=True)
class Habit:
    """What a network is like."""

    share: float
    """Of all stories."""
    pleased: float
    """Share of positive feelings in a quiet month."""
    median_days: float
    """To the first answer, in a quiet month."""
    announced_days: int
    seasons: tuple[float, ...]
    """Weight of each month, January first."""
    channels: tuple[Channel, ...]


_EVEN: Final = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.9, 0.7, 1.1, 1.0, 1.0, 0.8)
_PASSPORTS: Final = (1.0, 1.1, 1.3, 1.5, 1.6, 1.5, 1.2, 0.7, 0.9, 0.8, 0.8, 0.7)
_TAX_RETURNS: Final = (0.8, 0.7, 0.8, 1.4, 2.0, 1.3, 0.8, 0.9, 1.6, 1.1, 0.8, 0.6)
_SCHOOL_TERMS: Final = (0.9, 0.8, 0.9, 0.9, 1.1, 1.5, 0.8, 0.5, 2.2, 1.1, 0.9, 0.8)
_WINTER: Final = (1.4, 1.3, 1.2, 1.0, 0.9, 0.8, 0.7, 0.6, 1.0, 1.1, 1.2, 1.2)

HABITS: Final = {
    Network.PREFECTURE: Habit(
        0.16, 0.61, 11.0, 15, _PASSPORTS, (Channel.DESK, Channel.ONLINE_PROCEDURE, Channel.EMAIL)
    ),
    Network.TAXES: Habit(0.22, 0.75, 6.0, 15, _TAX_RETURNS, (Channel.ONLINE_ACCOUNT, Channel.PHONE, Channel.DESK)),
    Network.SCHOOLS: Habit(0.14, 0.66, 8.0, 15, _SCHOOL_TERMS, (Channel.EMAIL, Channel.PHONE)),
    Network.HEALTH: Habit(0.20, 0.71, 7.0, 12, _WINTER, (Channel.ONLINE_ACCOUNT, Channel.PHONE, Channel.CHAT)),
    Network.EMPLOYMENT: Habit(0.15, 0.63, 7.5, 10, _EVEN, (Channel.DESK, Channel.VIDEO, Channel.EMAIL)),
    Network.TOWNS: Habit(0.13, 0.85, 4.0, 15, _EVEN, (Channel.DESK, Channel.PHONE, Channel.MAIL)),
}
_FEELINGS: Final = (Sentiment.POSITIVE, Sentiment.NEUTRAL, Sentiment.NEGATIVE)


@dataclass(frozen=True, slots=True)
class Character:
    """What one place is like within its network."""

    place: Place
    network: Network
    crowd: float
    """Weight of the place among those of its network."""
    charm: float
    """Added to the share of positive feelings."""
    slowness: float
    """Multiplies the days to an answer."""


def characters(places: Sequence[Place], chance: Random) -> list[Character]:
    """Draw what each place that serves the public is like."""
    return [
        Character(
            place,
            place.network,
            crowd=chance.paretovariate(1.3),
            charm=chance.gauss(0, 0.07),
            slowness=chance.lognormvariate(0, 0.35),
        )
        for place in places
        if place.serves and place.network is not None
    ]


def pressure(network: Network, month: date) -> float:
    """How busy a month is; 1 is an average one."""
    seasons = HABITS[network].seasons
    return seasons[month.month - 1] * len(seasons) / sum(seasons)


def feeling(who: Character, month: date, chance: Random) -> Sentiment:
    """How a citizen of that month feels: crowds make nobody happier."""
    pleased = HABITS[who.network].pleased + who.charm - 0.10 * (pressure(who.network, month) - 1)
    pleased = min(0.96, max(0.2, pleased))
    indifferent = 0.3 * (1 - pleased)
    return chance.choices(_FEELINGS, (pleased, indifferent, 1 - pleased - indifferent))[0]


def days_to_answer(who: Character, month: date, chance: Random) -> float:
    """How long a citizen of that month waits for the first answer."""
    typical = HABITS[who.network].median_days * who.slowness * pressure(who.network, month) ** 0.6
    return chance.lognormvariate(math.log(typical), 0.65)


def finer_feelings(feels: Sentiment, chance: Random) -> Dimensions | None:
    """Some citizens say more; most of it agrees with how they feel, but a slow office can be a kind one."""
    if chance.random() < _SAYS_NO_MORE:
        return None
    given = {
        name: feels if chance.random() < _AGREES else chance.choice(_FEELINGS)
        for name in Dimensions.model_fields
        if chance.random() < _RATES_ONE
    }
    return Dimensions(**given) if given else None


def survey_mark(feels: Sentiment, scale: ScoreScale, chance: Random) -> int:
    """The mark of a citizen who feels so, on a scale."""
    return chance.choice(_MARKS[scale][feels])


def procedure_mark(typical: float, chance: Random) -> int:
    """A mark out of 10."""
    return min(10, max(0, round(chance.gauss(typical, 1.6))))


_SAYS_NO_MORE: Final = 0.6
_RATES_ONE: Final = 0.7
_AGREES: Final = 0.75
_MARKS: Final = {
    ScoreScale.ZERO_TO_TEN: {
        Sentiment.POSITIVE: (7, 8, 8, 9, 9, 10),
        Sentiment.NEUTRAL: (5, 6, 6, 7),
        Sentiment.NEGATIVE: (0, 1, 2, 3, 4, 5),
    },
    ScoreScale.ONE_TO_FIVE: {
        Sentiment.POSITIVE: (4, 4, 5),
        Sentiment.NEUTRAL: (3,),
        Sentiment.NEGATIVE: (1, 2, 2),
    },
    ScoreScale.ONE_TO_FOUR: {
        Sentiment.POSITIVE: (3, 3, 4),
        Sentiment.NEUTRAL: (2, 3),
        Sentiment.NEGATIVE: (1, 2),
    },
}
