"""Content codings: which one a reader takes best (RFC 9110, 12.5.3), and how a body is packed."""

import gzip
import sys
import zlib
from collections.abc import AsyncIterator
from typing import Final, Literal

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Coding = Literal["zstd", "gzip"]
CODINGS: Final[tuple[Coding, ...]] = ("zstd", "gzip")
"""The first is packed with less than half the work, so it is taken where the reader likes both as well."""
_ALIASES: Final = {"x-gzip": "gzip"}
_ZSTD_LEVEL: Final = 3
_GZIP_LEVEL: Final = 5
_GZIP_WINDOW: Final = zlib.MAX_WBITS | 16


def best_coding(accept_encoding: str) -> Coding | None:
    """What the reader likes best of what we can do; none where it likes the body best as it is."""
    weights = _weights(accept_encoding)
    liked = max(CODINGS, key=lambda coding: weights.get(coding, weights.get("*", 0.0)))
    weight = weights.get(liked, weights.get("*", 0.0))
    return liked if weight > 0 and weight >= weights.get("identity", 0.0) else None


def _weights(accept_encoding: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameter = (each.strip() for each in part.partition(";"))
        name, _, weight = (each.strip() for each in parameter.partition("="))
        try:
            weights[_ALIASES.get(coding, coding)] = float(weight) if name == "q" else 1.0
        except ValueError:
            weights[_ALIASES.get(coding, coding)] = 0.0
    return weights


def packed(body: bytes, coding: Coding) -> bytes:
    """A whole body, packed."""
    return zstd.compress(body, _ZSTD_LEVEL) if coding == "zstd" else gzip.compress(body, _GZIP_LEVEL, mtime=0)


def unpacked(body: bytes) -> bytes:
    """What `packed` made of it with zstd, as it was."""
    return zstd.decompress(body)


async def packed_pieces(pieces: AsyncIterator[bytes], coding: Coding) -> AsyncIterator[bytes]:
    """A body of any length, packed as it comes."""
    packer = zstd.ZstdCompressor(_ZSTD_LEVEL) if coding == "zstd" else zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP_WINDOW)
    async for piece in pieces:
        if some := packer.compress(piece):
            yield some
    yield packer.flush()
