"""The closed lists and the scalar types of the events.

Every text type has a pattern that no e-mail address, IP address, name of a person or sentence can match. That is how
an event stays free of personal data whatever its author sends.
"""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from spplus_contracts.closed_list import ClosedList

EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
"""Nothing in the programme is older."""

HORIZON = datetime(2100, 1, 1, tzinfo=UTC)
"""No promise reaches further. Far from the end of the calendar, so that no sum of dates overflows in a reader."""


def _in_utc(instant: datetime) -> datetime:
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


Instant = Annotated[AwareDatetime, Field(ge=EPOCH, lt=HORIZON), AfterValidator(_in_utc)]
"""An instant with its offset, kept and written in UTC."""

Day = Annotated[date, Field(ge=date(1900, 1, 1), le=HORIZON.date())]
"""A day of the Europe/Paris calendar."""

Opaque = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$")]
"""An identifier without meaning for a reader."""

StructureCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""The code of a structure in the programme's reference data (``Code SP+``)."""

SourceCode = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
"""The registered code of a system that emits events; it is also the ``source`` of its CloudEvents."""

ProcedureCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""The code of a procedure, never the citizen's own words."""

Engagement = Annotated[str, Field(pattern=r"^sp-plus-20(21|23)/[1-9]$")]
"""One commitment of the programme, as framework/number: ``sp-plus-2021/5``."""

MOST_ENGAGEMENTS = 32
"""More than the commitments of both frameworks."""

Department = Annotated[str, Field(pattern=r"^(0[1-9]|[1-9][0-9]|2[AB]|97[1-8]|98[4-9])$")]
"""French department or overseas collectivity, INSEE code."""

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2."""

Month = Annotated[str, Field(pattern=r"^20(1[5-9]|[2-9][0-9])-(0[1-9]|1[0-2])$")]
"""A month of the Europe/Paris calendar, ``YYYY-MM``, not before 2015."""

IndicatorCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,47}$")]
Version = Annotated[int, Field(ge=1, le=2_147_483_647)]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]

PLATFORM_SOURCE = "spplus"
"""The ``source`` of the events that the platform's own services emit."""


class FeedbackKind(ClosedList):
    """What sort of opinion it is. Experiences are volunteered, surveys are sampled: never mixed in a figure."""

    EXPERIENCE = "experience"
    SURVEY = "survey"
    PROCEDURE_RATING = "procedure_rating"
    UNKNOWN = "unknown"


class Author(ClosedList):
    """Who speaks."""

    CITIZEN = "citizen"
    AGENT = "agent"
    UNKNOWN = "unknown"


class Channel(ClosedList):
    """How the citizen and the service met."""

    DESK = "desk"
    PHONE = "phone"
    EMAIL = "email"
    MAIL = "mail"
    ONLINE_PROCEDURE = "online_procedure"
    ONLINE_ACCOUNT = "online_account"
    CHAT = "chat"
    SOCIAL_NETWORK = "social_network"
    VIDEO = "video"
    PATROL = "patrol"
    OTHER = "other"
    UNKNOWN = "unknown"


class Sentiment(ClosedList):
    """The feeling the citizen gave."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"
    UNKNOWN = "unknown"


class ScoreScale(ClosedList):
    """The scale of a survey answer or a rating."""

    ZERO_TO_TEN = "0-10"
    ONE_TO_FIVE = "1-5"
    ONE_TO_FOUR = "1-4"
    UNKNOWN = "unknown"


class DueKind(ClosedList):
    """Where an announced deadline comes from."""

    PERSONAL = "personal"
    INDICATIVE = "indicative"
    RULE = "rule"
    UNKNOWN = "unknown"


class RequestKind(ClosedList):
    """What waits for an answer."""

    EXPERIENCE = "experience"
    PROCEDURE = "procedure"
    LETTER = "letter"
    EMAIL = "email"
    CALL = "call"
    COMPLAINT = "complaint"
    OTHER = "other"
    UNKNOWN = "unknown"


class Outcome(ClosedList):
    """What became of a request."""

    ACKNOWLEDGED = "acknowledged"
    DELAY_NOTICE = "delay_notice"
    REDIRECTED = "redirected"
    ANSWERED = "answered"
    CLOSED_UNANSWERED = "closed_unanswered"
    UNKNOWN = "unknown"


class PeriodKind(ClosedList):
    """The length of time a figure is about."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    ROLLING_12 = "rolling_12"
    UNKNOWN = "unknown"


class IndicatorStatus(ClosedList):
    """Whether there is a number, and if not, why. Never 0 and never null alike."""

    OK = "ok"
    INSUFFICIENT_SAMPLE = "insufficient_sample"
    NOT_COLLECTED = "not_collected"
    NOT_APPLICABLE = "not_applicable"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"


class Unit(ClosedList):
    """Unit of a figure. A rate is 0-1; points are -100 to 100."""

    RATE = "rate"
    POINTS = "points"
    DAYS = "days"
    COUNT = "count"
    UNKNOWN = "unknown"


class IntervalMethod(ClosedList):
    """How an interval was computed."""

    WILSON = "wilson"
    NEWCOMBE = "newcombe"
    ORDER_STATISTICS = "order_statistics"
    UNKNOWN = "unknown"


class WithdrawalReason(ClosedList):
    """Why a story no longer counts."""

    AUTHOR = "author"
    MODERATION = "moderation"
    UNKNOWN = "unknown"


class DelayCalendar(ClosedList):
    """Which days an announced delay counts."""

    WORKING = "working"
    CALENDAR = "calendar"
    UNKNOWN = "unknown"
