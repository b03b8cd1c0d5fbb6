"""The official list of structures becomes reference data: what is new or changed is declared, the rest left alone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from spplus_chassis.database import Pool
from spplus_contracts import StructureDeclared
from spplus_feedback.imports.rehearsal import transaction
from spplus_feedback.imports.report import Remark, Report
from spplus_feedback.imports.structure_rows import ListedStructure, listed_structure
from spplus_feedback.imports.table import Row, Unreadable
from spplus_feedback.structures import in_cycles, moved_under
from spplus_feedback.structures_queries import parents_on, structures_of
from spplus_feedback.structures_repository import Declared, declare_structures, lock_structures

_CHUNK: Final = 2_000
_NOT_LISTED: Final = ("closed_on", "successor_code", "announced_delays", "not_applicable")


@dataclass(frozen=True, slots=True)
class StructuresImport:
    """One run. The list is held in memory as a whole: a tree can only be judged whole."""

    pool: Callable[[], Pool]
    report: Report
    now: datetime
    today: date
    """The day of `now` in Paris."""
    dry_run: bool = False

    async def run(self, rows: Iterable[Row | Unreadable]) -> Declared:
        """Import all rows, a few thousand in a transaction. Raises nothing for a bad row: it is reported."""
        listed = self._read(rows)
        wrong = await self._wrong_links(listed)
        total = Declared()
        for start in range(0, len(listed), _CHUNK):
            total += await self._declare(listed[start : start + _CHUNK], wrong)
        return total

    def _read(self, rows: Iterable[Row | Unreadable]) -> list[ListedStructure]:
        listed: dict[str, ListedStructure] = {}
        for row in rows:
            self.report.counts["rows"] += 1
            found = row if isinstance(row, Unreadable) else listed_structure(row)
            if isinstance(found, Unreadable):
                self.report.unreadable(found)
                continue
            code = found.structure.code
            if code in listed:
                self.report.remark(Remark(found.line, code, "duplicate_code", detail="the last row of a code counts"))
            listed[code] = found
            for doubt in found.doubts:
                self.report.remark(Remark(found.line, code, doubt, attached_to=code, detail="left out"))
        return list(listed.values())

    async def _wrong_links(self, listed: Sequence[ListedStructure]) -> frozenset[str]:
        """Structures whose parent closes a circle; they are imported without it. Unknown parents are only reported."""
        async with self.pool().acquire() as connection:
            parents = await parents_on(connection, self.today)
        parents |= {one.structure.code: one.parent_code for one in listed}
        circle = in_cycles(parents)
        for one in listed:
            code = one.structure.code
            if code in circle:
                self.report.remark(Remark(one.line, code, "circular_parent", detail="imported as a root"))
            elif one.parent_code is not None and one.parent_code not in parents:
                self.report.remark(Remark(one.line, code, "unknown_parent", attached_to=one.parent_code))
        return circle

    async def _declare(self, listed: Sequence[ListedStructure], wrong: frozenset[str]) -> Declared:
        async with self.pool().acquire() as connection, transaction(connection, dry_run=self.dry_run):
            await lock_structures(connection)
            known = await structures_of(connection, [one.structure.code for one in listed])
            merged = [
                self._merged(one, None if one.structure.code in wrong else one.parent_code, known) for one in listed
            ]
            return await declare_structures(connection, merged, now=self.now)

    def _merged(
        self, one: ListedStructure, parent: str | None, known: Mapping[str, StructureDeclared]
    ) -> StructureDeclared:
        """What the list says, with what only our own records know: history, delays, closing, successor."""
        before = known.get(one.structure.code)
        parents = moved_under(before, parent, today=self.today)
        kept = {} if before is None else {name: getattr(before, name) for name in _NOT_LISTED}
        return one.structure.model_copy(update={**kept, "parents": parents})
