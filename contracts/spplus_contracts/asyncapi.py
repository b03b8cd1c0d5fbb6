"""The AsyncAPI 3 document of the platform, made from the registry of topics and the published schemas."""

from typing import Any

from spplus_contracts.envelope import JSON, STRUCTURED
from spplus_contracts.jsonschema import Schema, writer_schema
from spplus_contracts.topics import CANONICAL, FORWARDED, INBOUND_PREFIX, TOPICS, EventClass, Topic, inbound

VERSION = "1.0.0"
_KAFKA_BINDING = "0.5.0"
_ATTRIBUTE = {"type": "string", "minLength": 1, "maxLength": 256}


def document() -> Schema:
    """The whole document: channels, operations of each service, messages, schemas."""
    events = [topic.event for topic in CANONICAL if topic.event is not None]
    channels = {_channel_id(topic): _channel(topic) for topic in TOPICS}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Services Publics +",
            "version": VERSION,
            "description": "What the services and the systems of agencies say to each other. Within v1 only optional "
            "fields and values are added: readers drop what they do not know. No event holds personal data.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": JSON,
        "servers": {
            "local": {
                "host": "127.0.0.1:9092",
                "protocol": "kafka",
                "protocolVersion": "4.3",
                "description": "The platform that `make up` starts.",
            }
        },
        "channels": {**channels, "inbound": _inbound_channel()},
        "operations": _operations(),
        "components": {
            "messages": {
                **{event.__name__: _message(event) for event in events},
                "StructuredEvent": _structured_message(),
                "DeadLetter": _dead_letter(),
            },
            "messageTraits": {"cloudEvent": _trait()},
            "schemas": _schemas(events),
        },
    }


def _channel_id(topic: Topic) -> str:
    words = topic.name.removeprefix("spplus.").removesuffix(".v1").replace("-", ".").split(".")
    return words[0] + "".join(word.capitalize() for word in words[1:])


def _message_names(topic: Topic) -> tuple[str, ...]:
    return ("DeadLetter",) if topic.event is None else (topic.event.__name__,)


def _channel(topic: Topic) -> Schema:
    title = f"Events of type {topic.event.TYPE}" if topic.event is not None else "Refused records, with the reason"
    return {
        "address": topic.name,
        "description": f"{title}. Key: {topic.key}. Written by {', '.join(topic.producers)}.",
        "messages": _message_references(_message_names(topic)),
        "bindings": {"kafka": _channel_binding(topic)},
    }


def _inbound_channel() -> Schema:
    names = (*(event.__name__ for event in FORWARDED), "StructuredEvent")
    return {
        "address": f"{INBOUND_PREFIX}{{source}}.v1",
        "description": "The topic of one agency's system, which alone may write it. Feedback checks each event against "
        "the register of sources and forwards it to its canonical topic, or refuses it to the dead letters.",
        "parameters": {"source": {"description": "Registered code of the source; equals `ce_source`."}},
        "messages": _message_references(names),
        "bindings": {"kafka": _channel_binding(inbound("source"), named=False)},
    }


def _message_references(names: tuple[str, ...]) -> Schema:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}


def _channel_binding(topic: Topic, *, named: bool = True) -> Schema:
    config = topic.config()
    binding = {
        "partitions": topic.partitions,
        "topicConfiguration": {
            "cleanup.policy": [config["cleanup.policy"]],
            "retention.ms": topic.retention_ms,
            "max.message.bytes": topic.max_message_bytes,
        },
        "bindingVersion": _KAFKA_BINDING,
    }
    return {"topic": topic.name, **binding} if named else binding


def _operations() -> Schema:
    operations: Schema = {}
    for topic in TOPICS:
        channel = _channel_id(topic)
        for producer in topic.producers:
            operations[_operation_id(producer, "sends", channel)] = _operation("send", channel, producer)
        for consumer in topic.consumers:
            operations[_operation_id(consumer, "receives", channel)] = _operation("receive", channel, consumer)
    operations["agencySendsInbound"] = _operation("send", "inbound", "agency")
    operations["feedbackReceivesInbound"] = _operation("receive", "inbound", "feedback")
    return operations


def _operation_id(service: str, verb: str, channel: str) -> str:
    first, *rest = service.split()
    return first + "".join(word.capitalize() for word in (*rest, verb)) + channel[0].upper() + channel[1:]


def _operation(action: str, channel: str, service: str) -> Schema:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "tags": [{"name": service}]}


def _message(event: EventClass) -> Schema:
    topic = next(topic for topic in CANONICAL if topic.event is event)
    return {
        "name": event.TYPE,
        "title": event.__name__,
        "contentType": JSON,
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": topic.key}, "bindingVersion": _KAFKA_BINDING}},
    }


def _trait() -> Schema:
    """CloudEvents 1.0, Kafka binary mode: the attributes are headers, the value is the data."""
    return {
        "headers": {
            "type": "object",
            "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time"],
            "properties": {
                "ce_specversion": {"const": "1.0"},
                "ce_id": {**_ATTRIBUTE, "description": "Unique within the source."},
                "ce_source": {**_ATTRIBUTE, "description": "Registered code of the system that emitted it."},
                "ce_type": {**_ATTRIBUTE, "description": "The name of the message."},
                "ce_time": {"type": "string", "format": "date-time", "description": "When it was emitted."},
                "ce_subject": {**_ATTRIBUTE, "description": "The key of our own events."},
                "content-type": {"const": JSON},
                "traceparent": {"type": "string", "description": "W3C trace context."},
            },
        }
    }


def _structured_message() -> Schema:
    """CloudEvents 1.0, structured mode: taken from agencies, never written by the platform."""
    return {
        "name": "structured",
        "title": "CloudEvent in structured mode",
        "contentType": STRUCTURED,
        "payload": {
            "type": "object",
            "required": ["specversion", "id", "source", "type", "time", "data"],
            "properties": {
                "specversion": {"const": "1.0"},
                "id": _ATTRIBUTE,
                "source": _ATTRIBUTE,
                "type": {"enum": [event.TYPE for event in FORWARDED]},
                "time": {"type": "string", "format": "date-time"},
                "data": {"oneOf": [{"$ref": f"#/components/schemas/{event.__name__}"} for event in FORWARDED]},
            },
        },
    }


def _dead_letter() -> Schema:
    texts = {
        "spplus-reason": "Closed code of the reason.",
        "spplus-detail": "Fields and rules at fault, never a value.",
        "spplus-topic": "Topic of the refused record.",
        "spplus-partition": "Its partition.",
        "spplus-offset": "Its offset.",
    }
    properties = {name: {"type": "string", "description": text} for name, text in texts.items()}
    return {
        "name": "dead-letter",
        "title": "A refused record, untouched, with its own headers and the reason",
        "contentType": "application/octet-stream",
        "headers": {"type": "object", "required": list(texts), "properties": properties},
        "payload": {"description": "The bytes of the refused record."},
    }


def _schemas(events: list[EventClass]) -> Schema:
    """Schemas of the events, their parts hoisted beside them: AsyncAPI resolves references from its own root."""
    schemas: Schema = {}
    for event in events:
        schema = writer_schema(event)
        parts = schema.pop("$defs", {})
        kept = {name: value for name, value in schema.items() if name not in {"$schema", "$id"}}
        schemas |= {name: _hoisted(part) for name, part in parts.items()}
        schemas[event.__name__] = _hoisted(kept)
    return schemas


def _hoisted(node: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(node, list):
        return [_hoisted(inner) for inner in node]
    if isinstance(node, dict):
        return {name: _hoisted(inner) for name, inner in node.items()}
    if isinstance(node, str) and node.startswith("#/$defs/"):
        return node.replace("#/$defs/", "#/components/schemas/")
    return node
