"""What somebody can work out who keeps every figure that was ever published: exact linear algebra, nothing guessed."""

from collections.abc import Hashable, Iterable, Mapping
from fractions import Fraction

Form = Mapping[Hashable, int]
"""A sum of unknowns, each with its factor."""


def combined(*terms: tuple[int, Form]) -> dict[Hashable, int]:
    """The sum of forms, each times a factor; unknowns that cancel are left out."""
    total: dict[Hashable, int] = {}
    for factor, form in terms:
        for unknown, count in form.items():
            total[unknown] = total.get(unknown, 0) + factor * count
    return {unknown: count for unknown, count in total.items() if count}


class Knowledge:
    """All that follows from the sums that were seen: the space that they span, kept in echelon form."""

    def __init__(self) -> None:
        self._rows: dict[Hashable, dict[Hashable, Fraction]] = {}
        self._places: dict[Hashable, int] = {}

    def see(self, form: Form) -> None:
        """Take note of a published sum."""
        rest = self._rest(form)
        if rest:
            pivot = min(rest, key=self._place)
            lead = rest[pivot]
            self._rows[pivot] = {unknown: count / lead for unknown, count in rest.items()}

    def see_all(self, forms: Iterable[Form]) -> None:
        """Take note of several."""
        for form in forms:
            self.see(form)

    def gives(self, form: Form) -> bool:
        """Whether the sum is now known exactly."""
        return not self._rest(form)

    def _rest(self, form: Form) -> dict[Hashable, Fraction]:
        rest = {unknown: Fraction(count) for unknown, count in form.items() if count}
        settled: set[Hashable] = set()
        while True:
            due = [unknown for unknown in rest if unknown in self._rows and unknown not in settled]
            if not due:
                return rest
            pivot = min(due, key=self._place)
            settled.add(pivot)
            factor = rest[pivot]
            for unknown, count in self._rows[pivot].items():
                left = rest.get(unknown, Fraction(0)) - factor * count
                if left:
                    rest[unknown] = left
                else:
                    rest.pop(unknown, None)

    def _place(self, unknown: Hashable) -> int:
        return self._places.setdefault(unknown, len(self._places))
