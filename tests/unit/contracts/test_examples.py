"""Golden events: what a released version wrote is readable, and means the same, for ever."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from spplus_contracts import SingleAnswer, topic_of, unwrap
from spplus_contracts.envelope import open_structured
from spplus_contracts.jsonschema import writer_schema
from spplus_contracts.topics import CANONICAL

EXAMPLES = Path(__file__).parents[3] / "contracts" / "examples"
GOLDEN = sorted(EXAMPLES.glob("fr.spplus.*/*.json"))
SEVERAL = 2


def test_every_type_has_several_examples() -> None:
    counts = {topic.event.TYPE: 0 for topic in CANONICAL if topic.event is not None}
    for path in GOLDEN:
        counts[path.parent.name] += 1
    assert min(counts.values()) >= SEVERAL


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_golden_event_is_read_whole(path: Path) -> None:
    topic = topic_of(path.parent.name)
    assert topic is not None
    assert topic.event is not None
    data = json.loads(path.read_text(encoding="utf-8"))
    event = topic.event.read_json(path.read_bytes())
    assert topic.event.check_json(path.read_bytes()) == event
    assert topic.event.read(data) == event
    said_again = json.loads(event.to_json())
    assert {name: said_again[name] for name in data} == data
    assert Draft202012Validator(writer_schema(topic.event)).is_valid(data)


def test_the_structured_examples_are_read() -> None:
    one = json.loads((EXAMPLES / "cloudevents" / "structured.json").read_bytes())
    batch = json.loads((EXAMPLES / "cloudevents" / "batch.json").read_bytes())
    assert [open_structured(event)[0].id for event in (one, *batch)] == ["case-1/1", "case-1/1", "case-1/2"]
    envelope, data = open_structured(batch[1])
    assert envelope.type == SingleAnswer.TYPE
    assert SingleAnswer.read_json(data).request_id == "case-1"


def test_the_binary_example_is_the_structured_one() -> None:
    binary = json.loads((EXAMPLES / "cloudevents" / "binary.json").read_bytes())
    headers = [(name, text.encode()) for name, text in binary["headers"].items()]
    envelope, data = unwrap(headers, json.dumps(binary["value"]).encode())
    one, same = open_structured(json.loads((EXAMPLES / "cloudevents" / "structured.json").read_bytes()))
    assert envelope == one
    assert json.loads(data) == json.loads(same)
