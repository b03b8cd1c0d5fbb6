import pytest

from spplus_feedback.idempotency import BadKey, fingerprint, once

KEY = "7c4a8d09-ca37-62af-61e5-9520943dc264"


def test_fingerprint_forgets_the_order_of_fields():
    assert fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": [1, 2], "a": 1})


@pytest.mark.parametrize("other", [{"a": 2}, {"a": "1"}, {"a": 1, "b": None}, {}])
def test_fingerprint_tells_bodies_apart(other):
    assert fingerprint({"a": 1}) != fingerprint(other)


def test_key_is_the_same_plain_or_quoted():
    assert once(f' "{KEY}" ', {}) == once(KEY, {})


def test_key_cannot_be_read_from_its_hash():
    assert KEY.encode() not in once(KEY, {}).key_hash


@pytest.mark.parametrize("key", ["", "x" * 15, "x" * 129, "with a space inside", "clé-clé-clé-clé-clé"])
def test_key_that_could_be_guessed_or_broken_is_refused(key):
    with pytest.raises(BadKey):
        once(key, {})
