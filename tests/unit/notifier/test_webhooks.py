"""Rules of webhooks: who asked for a figure, when a call is made again, which addresses may be called, what is said."""

import ipaddress
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as some
from standardwebhooks import Webhook

from spplus_notifier.sealing import Sealer, UnsealableError
from spplus_notifier.webhooks.addresses import is_public
from spplus_notifier.webhooks.interest import Changed, Interest, Interests
from spplus_notifier.webhooks.message import figures_body, new_secret, signed_headers
from spplus_notifier.webhooks.patience import MOST_PATIENCE, PAUSES, is_given_up, pause_after
from tests.support.builders import a_figure

NOW = datetime.now(UTC)
ABOVE = {"office": ["town", "region"], "town": ["region"], "region": []}
CODES = some.sampled_from(sorted(ABOVE))
INTERESTS = some.builds(
    Interest,
    structure_code=some.none() | CODES,
    indicator_code=some.sampled_from([None, "a", "b"]),
    engagement=some.sampled_from([None, "sp-plus-2021/5", "sp-plus-2021/7"]),
    period_kind=some.sampled_from([None, "month", "year"]),
)
CHANGES = some.builds(
    Changed,
    seq=some.just(1),
    figure_key=some.just("key"),
    structure_code=CODES,
    indicator_code=some.sampled_from(["a", "b"]),
    period_kind=some.sampled_from(["month", "year"]),
    engagements=some.frozensets(some.sampled_from(["sp-plus-2021/5", "sp-plus-2021/7"])),
)


def asks_for(interest: Interest, change: Changed) -> bool:
    """The rule, said plainly."""
    place = interest.structure_code
    inside = place is None or place == change.structure_code or place in ABOVE[change.structure_code]
    named = interest.engagement is None or interest.engagement in change.engagements
    same = [(interest.indicator_code, change.indicator_code), (interest.period_kind, change.period_kind)]
    return inside and named and all(wanted in {None, given} for wanted, given in same)


@given(some.lists(INTERESTS, max_size=8), CHANGES)
def test_a_change_is_for_those_whose_interest_it_meets_once_each(interests, change):
    known = Interests([(str(number), interest) for number, interest in enumerate(interests)])
    expected = [str(number) for number, interest in enumerate(interests) if asks_for(interest, change)]
    assert sorted(known.of(change, ABOVE)) == sorted(expected)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to be refused
        ("224.0.0.1", False),
        ("192.0.2.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("ff0e::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:a00:1::", False),
    ],
)
def test_only_addresses_of_the_public_internet_are_called(address, public):
    assert is_public(ipaddress.ip_address(address)) is public


def test_pauses_grow_and_fill_about_a_day():
    assert list(PAUSES) == sorted(PAUSES)
    assert timedelta(hours=15) < sum(PAUSES, timedelta()) < MOST_PATIENCE
    assert pause_after(1, 0.0) == PAUSES[0]
    assert pause_after(1_000, 0.0) == PAUSES[-1]
    assert PAUSES[2] <= pause_after(3, 0.999) <= PAUSES[2] * 1.2


def test_an_address_is_given_up_after_a_day_of_failures():
    assert not is_given_up(NOW - MOST_PATIENCE + timedelta(seconds=1), NOW)
    assert is_given_up(NOW - MOST_PATIENCE, NOW)


def test_message_is_read_and_verified_by_the_official_library():
    old, new = new_secret(b"o" * 32), new_secret(b"n" * 32)
    body = figures_body([a_figure().to_json().decode()], ["gone|indicator|rolling_12|latest"], NOW)
    headers = signed_headers("id", NOW, body, [new, old])
    for secret in (old, new):
        said = Webhook(secret).verify(body, headers)
        assert said["data"]["figures"] == [json.loads(a_figure().to_json())]
        assert said["data"]["removed"][0]["period_start"] == "latest"


def test_what_is_sealed_opens_with_an_older_key_until_it_is_taken_away():
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    sealed = Sealer([old]).seal("secret")
    assert Sealer([new, old]).open(sealed) == "secret"
    resealed = Sealer([new, old]).reseal(sealed)
    assert Sealer([new]).open(resealed) == "secret"
    with pytest.raises(UnsealableError):
        Sealer([new]).open(sealed)
    with pytest.raises(ValueError, match="at least one"):
        Sealer([])
