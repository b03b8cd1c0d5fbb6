import json
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError, ExpiredTokenError, InvalidKeyIdError
from joserfc.jwk import KeySet, OKPKey, RSAKey

from spplus_feedback.notices import ALGORITHM, AUDIENCE, ISSUER, NO_KEYS, VALID, BadKeys, Notices, read_keys

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def checked(ticket, keys, now=NOW):
    """What the notifier does with a ticket."""
    token = jwt.decode(ticket, KeySet.import_key_set(keys.public()), algorithms=[ALGORITHM])
    rules = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()), iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": AUDIENCE}
    )
    rules.validate(token.claims)
    return token.claims


@pytest.fixture
def keys():
    return NO_KEYS.turned()


def test_ticket_is_checked_with_the_public_keys_alone(keys):
    claims = checked(Notices("https://avis.example/", keys).ticket("t1", "f1", ["r1", "r2"], NOW), keys)
    assert claims == {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "jti": "t1",
        "iat": int(NOW.timestamp()),
        "exp": int((NOW + VALID).timestamp()),
        "feedback_id": "f1",
        "request_ids": ["r1", "r2"],
    }


def test_ticket_ends_after_a_day(keys):
    ticket = Notices("https://avis.example", keys).ticket("t1", "f1", ["r1"], NOW)
    checked(ticket, keys, NOW + timedelta(hours=23, minutes=59))
    with pytest.raises(ExpiredTokenError):
        checked(ticket, keys, NOW + timedelta(hours=24, seconds=1))


def test_ticket_of_another_key_or_with_other_words_is_refused(keys):
    ticket = Notices("https://avis.example", keys).ticket("t1", "f1", ["r1"], NOW)
    with pytest.raises(InvalidKeyIdError):
        checked(ticket, NO_KEYS.turned())
    head, body, signature = ticket.split(".")
    other = Notices("https://avis.example", keys).ticket("t1", "f2", ["r1"], NOW).split(".")[1]
    with pytest.raises(BadSignatureError):
        checked(f"{head}.{other}.{signature}", keys)
    assert body != other


def test_turned_keys_still_check_what_the_key_before_signed(keys):
    ticket = Notices("https://avis.example", keys).ticket("t1", "f1", ["r1"], NOW)
    turned = keys.turned()
    assert checked(ticket, turned)["jti"] == "t1"
    assert len(turned.turned().keys) == 2
    with pytest.raises(InvalidKeyIdError):
        checked(ticket, turned.turned())


def test_published_keys_hold_nothing_private(keys):
    for key in keys.turned().public()["keys"]:
        assert set(key) == {"kty", "crv", "x", "kid", "alg", "use"}
    assert read_keys(keys.private()).public() == keys.public()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"keys": []}',
        '{"keys": [1]}',
        json.dumps({"keys": [OKPKey.generate_key("Ed25519", auto_kid=True).as_dict(private=False)]}),
        json.dumps({"keys": [OKPKey.generate_key("X25519", auto_kid=True).as_dict(private=True)]}),
        json.dumps({"keys": [RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True)]}),
    ],
)
def test_what_is_no_signing_key_is_refused(text):
    with pytest.raises(BadKeys):
        read_keys(text)


def test_form_goes_to_the_notifier_and_nowhere_else(keys):
    notices = Notices("https://avis.example:8443/suivi/", keys)
    assert notices.action == "https://avis.example:8443/suivi/me-prevenir"
    assert notices.origin == "https://avis.example:8443"
