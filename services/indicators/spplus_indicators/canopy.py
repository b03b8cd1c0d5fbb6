"""The tree as the publisher needs it: who counts towards whom, and how often each may be told."""

from dataclasses import dataclass

from spplus_chassis.database import Connection
from spplus_indicators import publication_repository, tree_repository
from spplus_indicators.tree import Tree


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how much is published; durations in seconds."""

    small_seconds: float = 0.25
    """Least time between two revisions of a figure of a structure without descendants; it grows with their number."""
    large_seconds: float = 5.0
    """The same with `large_descendants` or more."""
    root_seconds: float = 10.0
    """The same, at most, for the root of a tree with so many."""
    longer_seconds: float = 1.0
    """Least time between two revisions of a figure of a quarter, a year or twelve months, if not longer already."""
    large_descendants: int = 500
    batch: int = 200
    """Most structures and months that one transaction takes."""
    poll_seconds: float = 0.5
    """How often to look when nobody wakes the publisher."""

    def interval_seconds(self, descendants: int, *, is_root: bool) -> float:
        """The least time between two revisions of a figure: in proportion to how many stories it gathers."""
        most = self.root_seconds if is_root else self.large_seconds
        share = min(1.0, descendants / self.large_descendants)
        return self.small_seconds + max(0.0, most - self.small_seconds) * share


class Canopy:
    """The tree, loaded again when it has changed."""

    def __init__(self, pace: Pace) -> None:
        self.tree = Tree({})
        self.not_applicable: dict[str, frozenset[str]] = {}
        self._pace = pace
        self._networks: dict[str, str] = {}
        self._descendants: dict[str, int] = {}
        self._version = -1

    async def refresh(self, connection: Connection) -> None:
        """Load the tree if it changed; it stays as it is until the end of the transaction.

        It is the tree of the day that the closure stands for: on a new day both turn together.
        """
        version, day = await publication_repository.tree_version(connection)
        if version == self._version:
            return
        stored = await tree_repository.load(connection)
        self.tree = tree_repository.planted(stored, day).tree
        self._networks = {code: each.network for code, each in stored.items()}
        self.not_applicable = {code: each.not_applicable for code, each in stored.items() if each.not_applicable}
        self._descendants = await publication_repository.descendant_counts(connection)
        self._version = version

    def network_of(self, code: str) -> str:
        """Name of the network that a structure belongs to; empty for one that nobody declared."""
        return self._networks.get(code, "")

    def interval_seconds(self, code: str, *, longer: bool = False) -> float:
        """The least time between two revisions of a figure of this structure, of a month or of a longer period."""
        least = self._pace.interval_seconds(self._descendants.get(code, 0), is_root=self.tree.is_root(code))
        return max(least, self._pace.longer_seconds) if longer else least
