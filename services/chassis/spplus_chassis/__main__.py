"""``python -m spplus_chassis topics`` makes the topics of the registry that are missing on a broker."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from spplus_chassis.kafka_settings import KafkaSettings
from spplus_chassis.topics import create_topics
from spplus_contracts import TOPICS


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; its result is the exit code."""
    parser = argparse.ArgumentParser(prog="python -m spplus_chassis", description=__doc__)
    parser.add_argument("command", choices=["topics"])
    parser.add_argument("--bootstrap-servers", required=True, metavar="HOST:PORT")
    parser.add_argument("--prefix", default="", help="put before each name")
    parser.add_argument("--replication", type=int, default=1, help="copies of each partition; 3 in production")
    parser.add_argument("--min-insync-replicas", type=int, default=1, help="2 in production")
    options = parser.parse_args(words)
    asyncio.run(
        create_topics(
            KafkaSettings(kafka_bootstrap_servers=options.bootstrap_servers),
            TOPICS,
            options.prefix,
            replication=options.replication,
            min_insync_replicas=options.min_insync_replicas,
        )
    )
    print(f"{len(TOPICS)} topics are there")
    return 0


if __name__ == "__main__":
    sys.exit(main())
