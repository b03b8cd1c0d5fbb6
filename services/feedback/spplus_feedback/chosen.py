"""The structures that a story will be about, with what each promises, as it is said before the story is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from spplus_chassis.database import Connection
from spplus_contracts import AnnouncedDelay
from spplus_feedback.deadlines import announced_delay, last_day, paris_day, promised
from spplus_feedback.stories import MAX_STRUCTURES
from spplus_feedback.structures_queries import structures_of


@dataclass(frozen=True, slots=True)
class Chosen:
    """One structure."""

    code: str
    name: str
    """As the public knows it."""
    delay: AnnouncedDelay | None
    """Within how many days it promises to answer; None where it promises nothing."""
    due_on: date | None
    """Last day of that promise for a story sent now, Europe/Paris."""


async def chosen_structures(
    connection: Connection, given: Sequence[str], *, now: datetime, default_days: int
) -> list[Chosen]:
    """Those that exist among the codes asked for, in their order, each once and no more than a story may have."""
    distinct = [code for code in dict.fromkeys(given) if "\x00" not in code][:MAX_STRUCTURES]
    if not distinct:
        return []
    known = await structures_of(connection, distinct)
    chosen = []
    for structure in (known[code] for code in distinct if code in known):
        delays = structure.announced_delays
        deadline = promised(delays, now, default_days, department=structure.department)
        chosen.append(
            Chosen(
                structure.code,
                structure.public_name or structure.name,
                announced_delay(delays, paris_day(now), default_days),
                last_day(deadline.due_at) if deadline else None,
            )
        )
    return chosen
