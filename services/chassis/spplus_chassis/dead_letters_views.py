"""How dead letters are shown to an operator: as a table or as JSON, what may be personal masked."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from spplus_chassis.dead_letters_queries import Count, Letter
from spplus_chassis.masking import shown_bytes, shown_headers, shown_value
from spplus_contracts.envelope import instant_text

_UNSEEN_WIDTH: Final = 240
"""Characters of a line that no terminal shows: what reads a table from a pipe wants it whole."""

OUT: Final = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _UNSEEN_WIDTH)
ERR: Final = Console(stderr=True, highlight=False, soft_wrap=True)


def print_letters(counts: Sequence[Count], letters: Sequence[Letter], *, as_json: bool) -> None:
    """Counts by reason and state, and the letters themselves without their content."""
    if as_json:
        told = {"counts": [count._asdict() for count in counts], "letters": [_head(letter) for letter in letters]}
        _print_json(told)
        return
    if not counts:
        ERR.print("no dead letter of this kind")
        return
    sums = Table("reason", "state", "letters")
    for count in counts:
        sums.add_row(count.reason, count.state, str(count.letters))
    OUT.print(sums)
    table = Table("record", "consumer", "refused at", "reason", "detail", "state")
    for letter in letters:
        head = (letter.key.place, letter.key.consumer, _minute(letter.refused_at))
        table.add_row(*head, letter.reason, escape(_escaped(letter.detail)), _state(letter))
    OUT.print(table)
    hidden = sum(count.letters for count in counts) - len(letters)
    if hidden:
        ERR.print(f"and {hidden} more: --limit shows them")


def print_one(letter: Letter, *, unmasked: bool, as_json: bool) -> None:
    """One letter with headers and data."""
    content = _unmasked(letter) if unmasked else _masked(letter)
    told = _head(letter) | {"masked": not unmasked} | content
    if as_json:
        _print_json(told)
        return
    pairs = [(name, item) for name, item in told.items() if name != "headers" and (item is not None or name == "value")]
    for name, item in pairs + [(f"header {name}", value) for name, value in content["headers"]]:
        shown = item if isinstance(item, str) else json.dumps(item, ensure_ascii=False, indent=2)
        OUT.print(f"{_escaped(name)}: {_escaped(shown, lines=True)}", markup=False)


def _head(letter: Letter) -> dict[str, Any]:
    return {
        "consumer": letter.key.consumer,
        "topic": letter.key.topic,
        "partition": letter.key.partition,
        "offset": letter.key.offset,
        "reason": letter.reason,
        "detail": letter.detail,
        "state": _state(letter),
        "appended_at": _text(letter.record.timestamp),
        "refused_at": _text(letter.refused_at),
        "resolved_at": _text(letter.resolved_at),
        "dropped_because": letter.dropped_because,
        "last_reason": letter.last_reason,
        "last_detail": letter.last_detail,
        "last_tried_at": _text(letter.last_tried_at),
    }


def _masked(letter: Letter) -> dict[str, Any]:
    record = letter.record
    return {
        "key": shown_bytes(record.key),
        "headers": [list(pair) for pair in shown_headers(record)],
        "value": shown_value(record),
    }


def _unmasked(letter: Letter) -> dict[str, Any]:
    record = letter.record
    return {
        "key": _raw(record.key),
        "headers": [[name, _raw(value)] for name, value in record.headers],
        "value": _raw(record.value),
    }


def _raw(content: bytes | None) -> str | None:
    return None if content is None else content.decode(errors="backslashreplace")


def _escaped(text: str, *, lines: bool = False) -> str:
    """A text without what could steer a terminal."""
    return "".join(each if each.isprintable() or (lines and each == "\n") else repr(each)[1:-1] for each in text)


def _state(letter: Letter) -> str:
    return letter.resolution or "waiting"


def _print_json(told: object) -> None:
    OUT.print(json.dumps(told, ensure_ascii=True, indent=2), markup=False)


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant_text(instant)


def _minute(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
