"""The published schemas are those of the classes, and an outside judge agrees with what the classes write."""

import json
from pathlib import Path
from typing import Any

import jsoncompat
import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from spplus_contracts import Event
from spplus_contracts.__main__ import differing, main
from spplus_contracts.jsonschema import reader_schema, writer_schema
from spplus_contracts.topics import CANONICAL
from tests.support.builders import a_bulk, a_feedback, a_figure, a_structure, a_withdrawal, an_answer
from tests.support.strategies import events

PUBLISHED = Path(__file__).parents[3] / "contracts" / "schemas"
TYPES = {topic.event.TYPE: topic.event for topic in CANONICAL if topic.event is not None}
WRITERS = {name: writer_schema(event) for name, event in TYPES.items()}
READERS = {name: reader_schema(event) for name, event in TYPES.items()}
CHECKER = Draft202012Validator.FORMAT_CHECKER


def faults(schema: dict[str, Any], data: object) -> list[str]:
    return [error.message for error in Draft202012Validator(schema, format_checker=CHECKER).iter_errors(data)]


def parts(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schema, or for a union its members, without the identifier that the judge of compatibility cannot follow."""
    whole = {name: value for name, value in schema.items() if name != "$id"}
    return [whole] if "oneOf" not in whole else [schema["$defs"][name] for name in ("SingleAnswer", "BulkAnswers")]


def with_additions(node: Any) -> Any:
    """What the next minor version may do: a new optional field everywhere, a new value in each list."""
    if isinstance(node, list):
        return [with_additions(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    newer = {name: with_additions(inner) for name, inner in node.items()}
    if "enum" in newer:
        newer["enum"] = [*newer["enum"], "added_later"]
    if newer.get("additionalProperties") is False:
        newer["properties"] = {**newer["properties"], "added_later": {"type": "string"}}
    return newer


def compatible(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Does whoever reads by `new` read all that was written by `old`?"""
    return jsoncompat.check_compat(json.dumps(old), json.dumps(new), "deserializer")


def test_the_published_schemas_are_those_of_the_classes() -> None:
    assert differing(PUBLISHED) == []


def test_the_command_writes_what_it_checks(tmp_path: Path) -> None:
    assert main([str(tmp_path / "new")]) == 0
    assert main([str(tmp_path / "new"), "--check"]) == 0
    (tmp_path / "new" / "left-over.json").write_text("{}")
    assert main([str(tmp_path / "new"), "--check"]) == 1


@pytest.mark.parametrize("name", TYPES)
def test_the_schemas_are_schemas_and_describe_every_field(name: str) -> None:
    for schema in (WRITERS[name], READERS[name]):
        Draft202012Validator.check_schema(schema)
    for part in (WRITERS[name], *WRITERS[name].get("$defs", {}).values()):
        assert part["description"]
        undescribed = [field for field, schema in part.get("properties", {}).items() if not schema.get("description")]
        assert undescribed == []


@given(events())
def test_whatever_a_writer_writes_fits_both_published_schemas(event: Event) -> None:
    data = json.loads(event.to_json())
    assert faults(WRITERS[event.TYPE], data) == []
    assert faults(READERS[event.TYPE], data) == []


@pytest.mark.parametrize(
    "event",
    [a_feedback(), an_answer(), a_bulk(), a_withdrawal(), a_structure(), a_figure()],
    ids=lambda event: event.TYPE,
)
def test_the_writer_schema_is_closed_and_the_reader_schema_open(event: Event) -> None:
    newer = json.loads(event.to_json()) | {"added_later": 1}
    assert faults(WRITERS[event.TYPE], newer) != []
    assert faults(READERS[event.TYPE], newer) == []


@pytest.mark.parametrize("name", TYPES)
def test_a_reader_reads_this_and_the_next_minor_version(name: str) -> None:
    for writer, reader in zip(parts(WRITERS[name]), parts(READERS[name]), strict=True):
        assert compatible(writer, reader)
        assert compatible(with_additions(writer), reader)


@pytest.mark.parametrize("name", TYPES)
def test_the_judge_of_compatibility_sees_a_break(name: str) -> None:
    for writer, reader in zip(parts(WRITERS[name]), parts(READERS[name]), strict=True):
        field = writer["required"][-1]
        retyped = {**reader, "properties": {**reader["properties"], field: {"type": "array"}}}
        demanding = {**reader, "required": [*reader["required"], "added_later"]}
        assert not compatible(writer, retyped)
        assert not compatible(writer, demanding)
