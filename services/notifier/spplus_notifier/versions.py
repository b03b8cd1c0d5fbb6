"""Which version of the publication an answer was written from: equal versions, equal figures and structures."""

from collections.abc import Sequence

from spplus_chassis.database import Reader


async def version_of(reader: Reader, codes: Sequence[str]) -> str:
    """Version of the figures of some structures, and of the tree that they stand in."""
    version: str = await reader.fetchval(_VERSION, codes)
    return version


_VERSION = """
SELECT array_to_string(tree.version::text || ARRAY(
    SELECT coalesce(figures.version::text, '-')
    FROM unnest($1::text[]) WITH ORDINALITY AS asked (code, place)
    LEFT JOIN structure_versions AS figures ON figures.structure_code = asked.code ORDER BY asked.place
), ' ') FROM tree_versions AS tree
"""
