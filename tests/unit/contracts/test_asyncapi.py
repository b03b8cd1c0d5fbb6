"""The AsyncAPI document passes the official schema of AsyncAPI 3 and says what the registry says.

The judge is the official schema of the AsyncAPI initiative, version 3.0.0 (npm package ``@asyncapi/specs`` 6.11.1,
Apache-2.0), kept beside the tests so that they need no network.
"""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from spplus_contracts.asyncapi import document
from spplus_contracts.topics import TOPICS

OFFICIAL = Path(__file__).parents[2] / "support" / "asyncapi" / "asyncapi-3.0.0.schema.json"
DOCUMENT = document()


@pytest.fixture(scope="module")
def judge() -> Draft7Validator:
    return Draft7Validator(json.loads(OFFICIAL.read_bytes()))


def test_the_document_passes_the_official_schema(judge: Draft7Validator) -> None:
    assert [error.message for error in judge.iter_errors(DOCUMENT)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("asyncapi",), "2.6.0"),
        (("channels", "feedbackSubmitted", "address"), 3),
        (("operations", "feedbackSendsFeedbackSubmitted", "action"), "publish"),
        (("channels", "feedbackSubmitted", "bindings", "kafka", "partitions"), 0),
        (("channels", "feedbackSubmitted", "bindings", "kafka", "topicConfiguration", "cleanup.policy"), ["shred"]),
        (("components", "messages", "FeedbackSubmitted", "payload"), 3),
    ],
)
def test_the_official_schema_sees_a_fault(judge: Draft7Validator, path: tuple[str, ...], value: object) -> None:
    broken: Any = copy.deepcopy(DOCUMENT)
    inner = broken
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    assert not judge.is_valid(broken)


def references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for inner in node for found in references(inner)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if "$ref" in node else []
    return own + [found for inner in node.values() for found in references(inner)]


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        place: Any = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
        assert place


def test_every_topic_has_its_channel_with_its_settings() -> None:
    channels = {channel["address"]: channel for channel in DOCUMENT["channels"].values()}
    assert set(channels) == {topic.name for topic in TOPICS} | {"spplus.inbound.{source}.v1"}
    for topic in TOPICS:
        binding = channels[topic.name]["bindings"]["kafka"]
        assert binding["partitions"] == topic.partitions
        assert binding["topicConfiguration"]["cleanup.policy"] == ["compact" if topic.compacted else "delete"]
        assert binding["topicConfiguration"]["retention.ms"] == topic.retention_ms


def test_every_producer_and_consumer_has_its_operation() -> None:
    said = {
        (operation["action"], operation["channel"]["$ref"], tag["name"])
        for operation in DOCUMENT["operations"].values()
        for tag in operation["tags"]
    }
    assert len(said) == sum(len(topic.producers) + len(topic.consumers) for topic in TOPICS) + 2
    assert ("receive", "#/channels/inbound", "feedback") in said
    assert ("receive", "#/channels/indicatorComputed", "public results site") in said
