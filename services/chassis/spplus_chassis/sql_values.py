"""Values on their way into PostgreSQL: ids that may be no uuid, and whole tables of rows as one JSON argument."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID


def is_uuid(text: str) -> bool:
    """Whether this is a uuid in the usual spelling; another spelling would be another id to everybody who compares."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def json_rows(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows for `jsonb_to_recordset` and `jsonb_populate_recordset`. Raises `TypeError` for a value without a column."""
    return json.dumps(list(rows), default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(type(value).__name__)
