"""How a re-user holds the whole publication: read the compacted topic from zero, build a table, go on following.

Needs `aiokafka` and `spplus-contracts`. Run: python follow_figures.py 127.0.0.1:9092
"""

import asyncio
import sys
from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer, ConsumerRecord

from spplus_contracts import IndicatorComputed
from spplus_contracts.topics import INDICATOR_COMPUTED


class FigureTable:
    """The figures that stand published, by key."""

    def __init__(self) -> None:
        """Start empty: the topic says everything."""
        self.figures: dict[str, IndicatorComputed] = {}
        self._revisions: dict[str, int] = {}

    def take(self, record: ConsumerRecord) -> bool:
        """Apply one record; false where it changes nothing: an older revision, or one that is here already."""
        key = record.key.decode()
        if record.value is None:  # retired, 30 days after a revision whose status is `withdrawn`
            return self.figures.pop(key, None) is not None
        figure = IndicatorComputed.read_json(record.value)
        if figure.revision <= self._revisions.get(key, 0):
            return False
        self._revisions[key], self.figures[key] = figure.revision, figure
        return True


async def follow(table: FigureTable, bootstrap: str, topic: str) -> AsyncIterator[list[str] | None]:
    """Keep the table up to date: `None` once, when all that stood at the start is in it, and the keys that change."""
    settings = {"isolation_level": "read_committed", "auto_offset_reset": "earliest"}  # no group: all, from zero
    async with AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, **settings) as consumer:
        waiting = {place: end for place, end in (await consumer.end_offsets(consumer.assignment())).items() if end}
        complete = False
        while True:
            batches = (await consumer.getmany(timeout_ms=500)).values()
            changed = [record.key.decode() for batch in batches for record in batch if table.take(record)]
            waiting = {place: end for place, end in waiting.items() if await consumer.position(place) < end}
            if not waiting and not complete:
                complete = True
                yield None
            elif changed and complete:
                yield changed


async def main(bootstrap: str = "127.0.0.1:9092") -> None:
    """Say how many figures stand, then each that changes."""
    table = FigureTable()
    async for changed in follow(table, bootstrap, INDICATOR_COMPUTED.name):
        if changed is None:
            print(f"{len(table.figures)} figures stand published")
        for key in changed or ():
            figure = table.figures.get(key)
            print(key, "removed" if figure is None else f"revision {figure.revision}: {figure.value} (n = {figure.n})")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:2]))
