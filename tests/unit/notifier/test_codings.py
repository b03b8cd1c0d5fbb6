"""Which coding a reader gets, and that nothing is lost in it."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_notifier.codings import CODINGS, best_coding, packed, packed_pieces, zstd

UNPACK = {"gzip": gzip.decompress, "zstd": zstd.decompress}


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", None),
        ("identity", None),
        ("br", None),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.4, gzip;q=0.5", "gzip"),
        ("gzip;q=0.5, zstd;q=0.4, identity;q=0.6", None),
        ("gzip, identity", "gzip"),
        ("*", "zstd"),
        ("zstd;q=0, *", "gzip"),
        ("gzip;q=0, zstd;q=0", None),
        ("*;q=0", None),
        ("gzip ; q = 0.2 , ZSTD ; Q=0.1", "gzip"),
        ("gzip;q=many", None),
        (";;,,=", None),
    ],
)
def test_reader_gets_what_it_likes_best(accepted, coding):
    assert best_coding(accepted) == coding


@given(st.dictionaries(st.sampled_from(["gzip", "zstd", "identity", "br", "*"]), st.integers(0, 10)))
def test_coding_that_is_refused_is_never_chosen(weights):
    chosen = best_coding(", ".join(f"{coding};q={weight / 10}" for coding, weight in weights.items()))
    given = {coding: weights.get(coding, weights.get("*", 0)) for coding in CODINGS}
    assert chosen is None or given[chosen] == max(given.values()) > 0


@pytest.mark.asyncio
@pytest.mark.parametrize("coding", CODINGS)
async def test_what_is_packed_at_once_or_in_pieces_is_the_same_body(coding):
    body = b"structure_code;value\r\n12345;0.75\r\n" * 5_000

    async def pieces():
        for place in range(0, len(body), 10_000):
            yield body[place : place + 10_000]

    whole, streamed = packed(body, coding), b"".join([piece async for piece in packed_pieces(pieces(), coding)])
    assert UNPACK[coding](whole) == UNPACK[coding](streamed) == body
    assert max(len(whole), len(streamed)) < len(body) / 10
