"""Quix Streams over the load: exactly-once, ids and counts in its state, each change to an output topic.

It runs in an environment of its own (`bootstrap.sh bench`), since it pins libraries below those of the platform, and
therefore imports nothing of the bench. The records have structures for keys, so that state is by structure.
"""

import argparse
import json
import time
from pathlib import Path

from pydantic import ValidationError
from quixstreams import Application, State

from spplus_contracts import EnvelopeError, FeedbackSubmitted, unwrap

COMMIT_SECONDS = 1.0


class Counting:
    """Validate, drop what was seen, count by month."""

    def __init__(self) -> None:
        self.begun = False

    def __call__(
        self, value: bytes | None, _key: str, _at: int, headers: list[tuple[str, bytes]], state: State
    ) -> list[tuple[str, int, int]]:
        """The month's counts after this record, in a list; an empty one where it changes nothing."""
        if not self.begun:
            self.begun = True
            print(json.dumps({"started": time.time()}), flush=True)  # noqa: T201 - the caller reads it
        try:
            envelope, data = unwrap(headers or [], value)
            event = FeedbackSubmitted.read_json(data) if envelope.type == FeedbackSubmitted.TYPE else None
        except (EnvelopeError, ValidationError):
            return []
        if event is None or state.exists(envelope.id):
            return []
        state.set(envelope.id, 1)
        month = f"{event.submitted_at:%Y-%m-01}"
        positive, total = state.get(month, (0, 0))
        positive, total = positive + (event.sentiment == "positive"), total + 1
        state.set(month, (positive, total))
        return [(f"{event.structure_code}|{month}", positive, total)]


def run(options: argparse.Namespace) -> None:
    """Count until told to stop."""
    application = Application(
        broker_address=options.kafka,
        consumer_group=options.group,
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        commit_interval=COMMIT_SECONDS,
        state_dir=options.state,
        auto_create_topics=True,
        loglevel="WARNING",
    )
    source = application.topic(options.topic, key_deserializer="str", value_deserializer="bytes")
    target = application.topic(options.target, key_serializer="str", value_serializer="json")
    frame = application.dataframe(source)
    frame = frame.apply(Counting(), stateful=True, metadata=True, expand=True)
    keyed = frame.apply(lambda counted: {"key": counted[0], "positive": counted[1], "total": counted[2]})
    keyed.to_topic(target, key=lambda counted: counted["key"])
    application.run()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("kafka", "topic", "target", "group"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--state", type=Path, required=True)
    run(parser.parse_args())
