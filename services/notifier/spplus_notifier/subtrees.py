"""Parts of the tree that live streams follow, looked up once for all of them and again when the tree has changed."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from spplus_chassis.database import Pool
from spplus_notifier import clock, selection

_MOST_KEPT: Final = 200
"""Parts remembered; one of the whole tree is about a megabyte."""


class Subtrees:
    """Who lies below a structure."""

    def __init__(self, pool: Callable[[], Pool]) -> None:
        self._pool = pool
        self._kept: OrderedDict[str, tuple[tuple[object, ...], frozenset[str]]] = OrderedDict()

    async def below(self, code: str, tree_version: int) -> frozenset[str]:
        """The structure and all below it, today, in a tree at least as new as this version."""
        today = clock.today()
        state, codes = self._kept.get(code, ((), frozenset()))
        if state != (tree_version, today):
            codes = await selection.subtree(self._pool(), code, today)
            self._kept[code] = ((tree_version, today), codes)
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(code)
        return codes
