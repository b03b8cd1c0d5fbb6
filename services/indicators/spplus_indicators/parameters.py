"""The numbers that the methods fix: from which mark a citizen is satisfied, how soon a receipt is acknowledged.

They belong to a method as its formula does: whoever changes one raises the `version` of the methods that use it.
"""

from typing import Final

SATISFIED_FROM: Final = {"0-10": 7, "1-5": 4, "1-4": 3}
"""Lowest mark of a satisfied answer, by scale. Whoever gives less is not satisfied."""
VERY_SATISFIED_FROM: Final = {"0-10": 9, "1-5": 5, "1-4": 4}
"""Lowest mark of a very satisfied answer, by scale."""

ACKNOWLEDGE_DAYS: Final = 7
"""Days after the day of receipt in which an electronic request is acknowledged."""
ACKNOWLEDGE_DAYS_BY_POST: Final = 14
"""The same for a request by post."""

PROCEDURE_SCALE: Final = "0-10"
"""The only scale on which a procedure is judged: a mark on another one cannot be compared with the bar."""
PROCEDURE_BAR: Final = 8
"""Mean mark from which a procedure is a good one."""
PROCEDURE_RATINGS: Final = 30
"""Fewest ratings for which a procedure is judged."""
