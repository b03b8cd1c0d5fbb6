"""``python -m spplus_contracts DIRECTORY`` writes the published schemas there; ``--check`` only compares."""

import argparse
import json
import sys
from pathlib import Path

from spplus_contracts.asyncapi import document
from spplus_contracts.jsonschema import Schema, reader_schema, writer_schema
from spplus_contracts.topics import CANONICAL


def published() -> dict[str, Schema]:
    """File names and contents of everything that is published."""
    events = [topic.event for topic in CANONICAL if topic.event is not None]
    return {
        **{f"{event.TYPE}.json": writer_schema(event) for event in events},
        **{f"{event.TYPE}.reader.json": reader_schema(event) for event in events},
        "asyncapi.json": document(),
    }


def text_of(schema: Schema) -> str:
    """The text of a published file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def differing(directory: Path) -> list[str]:
    """Files that are missing, differ, or should not be there."""
    wanted = {name: text_of(schema) for name, schema in published().items()}
    found = {path.name: path.read_text(encoding="utf-8") for path in directory.glob("*.json")}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def main(arguments: list[str] | None = None) -> int:
    """Entry of the command; 1 if `--check` finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m spplus_contracts", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    if options.check:
        names = differing(options.directory)
        print("\n".join(f"differs: {name}" for name in names) or "the published schemas are up to date")
        return 1 if names else 0
    options.directory.mkdir(parents=True, exist_ok=True)
    for name, schema in published().items():
        (options.directory / name).write_text(text_of(schema), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
