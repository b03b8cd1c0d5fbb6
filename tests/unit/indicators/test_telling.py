"""The row of a revision is the event of the contract, byte for byte."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from spplus_chassis import outbox
from spplus_contracts.topics import INDICATOR_COMPUTED
from spplus_contracts.vocabulary import PeriodKind
from spplus_indicators.figures import LATEST, Published, Revision, event_of
from spplus_indicators.methods import METHODS
from spplus_indicators.periods import period, plus_months
from spplus_indicators.telling import row_of

INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@st.composite
def revisions(draw):
    kind = draw(st.sampled_from([PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR, PeriodKind.ROLLING_12]))
    start = date(draw(st.integers(2016, 2040)), draw(st.sampled_from([1, 4, 7, 10])) if kind != "year" else 1, 1)
    months = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3}.get(kind, 12)
    indicator = draw(st.sampled_from(sorted(METHODS)))
    number = st.floats(0, 1, allow_nan=False).map(lambda value: round(value, 6))
    shown = draw(st.booleans())
    n = draw(st.integers(0, 10**6))
    low, high = sorted((draw(number), draw(number)))
    has_interval = shown and METHODS[indicator].interval is not None and draw(st.booleans())
    figure = Published(
        draw(st.integers(1, 5)),
        "ok" if shown else draw(st.sampled_from(["insufficient_sample", "not_applicable", "withdrawn"])),
        n,
        draw(number) if shown else None,
        float(n) if shown and draw(st.booleans()) else None,
        float(n) if shown and draw(st.booleans()) else None,
        low if has_interval else None,
        high if has_interval else None,
        METHODS[indicator].version,
        draw(st.booleans()),
        period(kind, start).end if kind is not PeriodKind.ROLLING_12 else plus_months(start, months),
    )
    key = ("12345", indicator, str(kind), LATEST if kind is PeriodKind.ROLLING_12 else start)
    return Revision(key, figure, draw(INSTANTS))


@given(revisions())
def test_row_says_what_the_event_says_byte_for_byte(revision):
    event = event_of(revision)
    expected = outbox.row_of(event, topic=INDICATOR_COMPUTED.name, now=revision.computed_at)
    told = row_of(revision)
    assert told.payload == expected.payload
    assert (told.topic, told.key, told.headers) == (expected.topic, expected.key, None)
    assert told.envelope._replace(id="") == expected.envelope._replace(id="")
