"""Which version of the publication an answer was written from: equal versions, equal figures and structures."""

from collections.abc import Sequence

from spplus_chassis.database import Reader


async def version_of(reader: Reader, codes: Sequence[str]) -> str:
    """Version of the figures of some structures, and of the tree that they stand in."""
    version: str = await reader.fetchval(_VERSION, codes)
    return version


_VERSION = """
SELECT array_to_string(tree.version::text || ARRAY(
    SELECT coalesce((SELECT version::text FROM structure_versions WHERE structure_code = asked.code), '-')
    FROM unnest($1::text[]) WITH ORDINALITY AS asked (code, place) ORDER BY place
), ' ') FROM tree_versions AS tree
"""
