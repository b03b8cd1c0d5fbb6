"""Weeks by the clocks of Paris, closed periods, and when a figure changed clearly."""

from datetime import UTC, date, datetime, timedelta

import pytest

from spplus_contracts.vocabulary import PeriodKind
from spplus_notifier.mail.address import read_address
from spplus_notifier.mail.patience import is_given_up, pause_after
from spplus_notifier.mail.telling import closed_periods
from spplus_notifier.mail.weekly import begins, clear_change, overdue_line, week_line, week_of
from tests.support.builders import a_figure


@pytest.mark.parametrize(
    ("now", "monday"),
    [
        (datetime(2026, 3, 23, 6, 59, tzinfo=UTC), date(2026, 3, 16)),
        (datetime(2026, 3, 23, 7, 0, tzinfo=UTC), date(2026, 3, 23)),
        (datetime(2026, 3, 30, 5, 59, tzinfo=UTC), date(2026, 3, 23)),
        (datetime(2026, 3, 30, 6, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 26, 6, 59, tzinfo=UTC), date(2026, 10, 19)),
        (datetime(2026, 10, 26, 7, 0, tzinfo=UTC), date(2026, 10, 26)),
    ],
)
def test_a_week_begins_at_eight_in_paris_on_either_side_of_a_change_of_clocks(now, monday):
    assert week_of(now) == monday
    assert begins(monday) <= now < begins(monday + timedelta(days=7))


@pytest.mark.parametrize(
    ("now", "kind", "expected"),
    [
        (datetime(2026, 4, 3, 12, tzinfo=UTC), PeriodKind.MONTH, (date(2026, 2, 1), date(2026, 1, 1))),
        (datetime(2026, 4, 4, 12, tzinfo=UTC), PeriodKind.MONTH, (date(2026, 3, 1), date(2026, 2, 1))),
        (datetime(2026, 1, 9, 12, tzinfo=UTC), PeriodKind.MONTH, (date(2025, 12, 1), date(2025, 11, 1))),
        (datetime(2026, 4, 4, 12, tzinfo=UTC), PeriodKind.QUARTER, (date(2026, 1, 1), date(2025, 10, 1))),
        (datetime(2026, 4, 3, 12, tzinfo=UTC), PeriodKind.QUARTER, (date(2025, 10, 1), date(2025, 7, 1))),
    ],
)
def test_a_closed_period_is_compared_once_it_has_settled(now, kind, expected):
    assert closed_periods(kind, now) == expected


def a_month(month, value, low, high, **changes):
    period = {"kind": "month", "start": date(2026, month, 1), "end": date(2026, month + 1, 1)}
    interval = {"low": low, "high": high, "method": "wilson"}
    return a_figure(**{"period": period, "value": value, "interval": interval, "n": 40} | changes)


def test_a_change_is_clear_only_where_closed_intervals_do_not_touch():
    february = a_month(2, 0.5, 0.4, 0.6)
    assert clear_change(a_month(3, 0.7, 0.6, 0.8), february) is None
    assert clear_change(a_month(3, 0.8, 0.7, 0.9, provisional=True), february) is None
    said = clear_change(a_month(3, 0.8, 0.7, 0.9), february)
    assert said is not None
    for part in ("Expériences positives : de 50", "en février 2026", "à 80", "en mars 2026", "sur 40"):
        assert part in said
    assert clear_change(a_month(3, 0.2, 0.1, 0.3), february) is not None


def test_a_week_is_told_with_what_was_said_before_and_not_at_all_where_nothing_changed():
    now = a_month(3, 0.8, 0.7, 0.9)
    assert week_line(now, now) is None
    assert "une semaine" not in week_line(now, None)
    assert "contre 50" in week_line(now, a_month(3, 0.5, 0.4, 0.6))
    assert week_line(now, a_month(3, 0.8, 0.7, 0.9, n=30)) is not None


def some_overdue(count):
    computed_at = datetime(2026, 3, 20, 23, 30, tzinfo=UTC)
    late = {"indicator_code": "overdue_count", "unit": "count", "interval": None, "computed_at": computed_at}
    return a_figure(**late, n=count, value=float(count), status="ok")


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (
            3,
            None,
            "3 demandes attendent encore une réponse alors que le délai annoncé est passé (chiffre du 21 mars 2026).",
        ),
        (
            1,
            3,
            "1 demande attend encore une réponse alors que le délai annoncé est passé, contre 3 une semaine",
        ),
        (0, 2, "Aucune demande n'est en retard, contre 2 une semaine plus tôt (chiffre du 21 mars 2026)."),
        (0, 0, None),
        (0, None, None),
    ],
)
def test_overdue_requests_are_told_with_their_date_unless_none_is_or_was(now, before, said):
    line = overdue_line(some_overdue(now), None if before is None else some_overdue(before))
    assert (line is None) if said is None else line.replace("\xa0", " ").startswith(said)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (" Awa.Diop@Exemple.FR ", "Awa.Diop@exemple.fr"),
        ("a+b@bücher.example", "a+b@xn--bcher-kva.example"),
        ("awa", None),
        ("a@b", None),
        ("é@exemple.fr", None),
        ("a..b@exemple.fr", None),
        ("a@exemple..fr", None),
        ("a@-exemple.fr", None),
        ("x" * 65 + "@exemple.fr", None),
        ("a@exemple.fr\nBcc: b@exemple.fr", None),
        ("a b@exemple.fr", None),
        ("a@[127.0.0.1]", None),
    ],
)
def test_an_address_is_read_as_every_server_takes_it(typed, read):
    assert read_address(typed) == read


def test_a_refused_mail_is_tried_for_a_day():
    made = datetime(2026, 3, 1, tzinfo=UTC)
    pauses = [pause_after(attempts) for attempts in range(1, 14)]
    assert pauses == sorted(pauses)
    tried = made + sum(pauses[:10], timedelta())
    assert not is_given_up(made, tried - timedelta(hours=4))
    assert is_given_up(made, made + timedelta(days=1))
