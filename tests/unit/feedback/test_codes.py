import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_feedback import codes

CODES = st.binary(min_size=codes.CODE_BYTES, max_size=codes.CODE_BYTES)


@given(CODES)
def test_code_written_and_read_is_the_same(code):
    assert codes.read(codes.written(code)) == code


@given(CODES)
def test_code_typed_carelessly_is_the_same(code):
    typed = codes.written(code).lower().replace("-", "  ").replace("o", "0").replace("i", "1").replace("b", "8")
    assert codes.read(typed) == code


@pytest.mark.parametrize("text", ["", "A" * 25, "A" * 27, "9" * 26, "É" * 26, "!" * 26])
def test_what_is_no_code_is_refused(text):
    with pytest.raises(codes.BadCode):
        codes.read(text)


@given(CODES, st.text(min_size=16, max_size=40))
def test_sealed_twice_is_open_again(code, key):
    assert codes.sealed(codes.sealed(code, key), key) == code


def test_seal_and_fingerprint_show_nothing_of_the_code():
    code = bytes(range(16))
    assert codes.sealed(code, "a key of the client") != code
    assert codes.sealed(code, "a key of the client") != codes.sealed(code, "another key of it")
    assert code not in codes.fingerprint(code)
