"""The pages of a service's AsyncAPI and OpenAPI documents: drawn here, complete without a script or another site."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from spplus_chassis.reference_html import anchor, contents, fields, in_words, kind, page, schemas, text

Document = Mapping[str, Any]
_DAY_MS: Final = 86_400_000


def events_page(document: Document, navigation: Mapping[str, str], style: str) -> str:
    """What is said on the bus, of an AsyncAPI 3 document."""
    channels: Document = document["channels"]
    components = document["components"]
    body = [
        text(document["info"].get("description", "")),
        "<h2>Topics</h2>",
        contents("Topics", {channel["address"]: anchor("channel-" + name) for name, channel in channels.items()}),
        *(_channel(name, channel, document) for name, channel in channels.items()),
        "<h2>Messages</h2>",
        *(_message(name, message, components) for name, message in components["messages"].items()),
        "<h2>Data</h2>",
        *schemas(components["schemas"]),
    ]
    return page(f"{document['info']['title']}: events", navigation, style, body)


def _channel(name: str, channel: Document, document: Document) -> str:
    operations = [
        (operation["action"], tag["name"])
        for operation in document["operations"].values()
        if operation["channel"]["$ref"] == f"#/channels/{name}"
        for tag in operation["tags"]
    ]
    binding = channel["bindings"]["kafka"]
    settings = binding["topicConfiguration"]
    kept = "for ever" if settings["retention.ms"] < 0 else f"{settings['retention.ms'] // _DAY_MS} days"
    which = "the latest of each key" if "compact" in settings["cleanup.policy"] else "everything"
    messages = ", ".join(f'<a href="#{anchor("message-" + each)}">{escape(each)}</a>' for each in channel["messages"])
    facts = {
        "Messages": messages,
        "Written by": escape(", ".join(who for action, who in operations if action == "send")),
        "Read by": escape(", ".join(who for action, who in operations if action == "receive")),
        "Kept": f"{which}, {kept}",
        "Partitions": str(binding["partitions"]),
    }
    rows = "".join(f"<dt>{label}</dt><dd>{told}</dd>" for label, told in facts.items())
    heading = f"<h3><code>{escape(channel['address'])}</code></h3>"
    place = anchor("channel-" + name)
    return f'<section id="{place}">{heading}{text(channel["description"])}<dl class="facts">{rows}</dl></section>'


def _message(name: str, message: Document, components: Document) -> str:
    headers = [message.get("headers"), *(_traited(trait, components) for trait in message.get("traits", ()))]
    key = message.get("bindings", {}).get("kafka", {}).get("key", {}).get("description", "")
    payload = message["payload"]
    said = f"<p>Key: {escape(key)}.</p>" if key else ""
    data = f'<p class="kind">{kind(payload)}</p>' if "$ref" in payload else in_words(payload)
    parts = [f"<h4>Headers</h4>{fields(each)}" for each in headers if each]
    title = f"{message['title']} <code>{escape(message['name'])}</code>"
    said += f"<p>Content type <code>{escape(message['contentType'])}</code></p>{''.join(parts)}<h4>Value</h4>{data}"
    return f'<section id="{anchor("message-" + name)}"><h3>{title}</h3>{said}</section>'


def _traited(trait: Document, components: Document) -> Document | None:
    name = str(trait["$ref"]).rsplit("/", 1)[-1]
    headers: Document | None = components["messageTraits"][name].get("headers")
    return headers


def http_page(document: Document, navigation: Mapping[str, str], style: str) -> str:
    """What is taken and answered over HTTP, of an OpenAPI 3.1 document."""
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if isinstance(operation, Mapping)
    ]
    places = {f"{method.upper()} {path}": anchor(f"{method}-{path}") for path, method, _ in operations}
    body = [
        "<h2>Requests</h2>",
        contents("Requests", places),
        *("".join(_operation(*each)) for each in operations),
        "<h2>Data</h2>",
        *schemas(document.get("components", {}).get("schemas", {})),
    ]
    return page(f"{document['info']['title']}: HTTP", navigation, style, body)


def _operation(path: str, method: str, operation: Document) -> Iterator[str]:
    yield f'<section id="{anchor(f"{method}-{path}")}"><h3><code>{method.upper()} {escape(path)}</code></h3>'
    yield text(operation.get("description") or operation.get("summary") or "")
    if parameters := operation.get("parameters"):
        described = {
            f"{each['name']} ({each['in']})": {**each["schema"], "description": each.get("description", "")}
            for each in parameters
        }
        needed = [f"{each['name']} ({each['in']})" for each in parameters if each.get("required")]
        yield "<h4>Parameters</h4>" + fields({"properties": described, "required": needed})
    if request := operation.get("requestBody"):
        yield "<h4>Body</h4>" + _bodies(request.get("content", {}))
    yield "<h4>Answers</h4><dl>"
    for status, answer in operation.get("responses", {}).items():
        meaning = text(answer.get("description", "")) + _bodies(answer.get("content", {}))
        yield f"<dt>{escape(status)}</dt><dd>{meaning}</dd>"
    yield "</dl></section>"


def _bodies(content: Document) -> str:
    return "".join(_body(media, body) for media, body in content.items())


def _body(media: str, body: Document) -> str:
    schema = body.get("schema", {})
    inner = fields(schema) if schema.get("properties") else ""
    return f'<p class="kind"><code>{escape(media)}</code>: {kind(schema)}</p>{inner}{_example(body)}'


def _example(body: Document) -> str:
    if "example" not in body:
        return ""
    return f'<pre tabindex="0">{escape(json.dumps(body["example"], indent=2, ensure_ascii=False))}</pre>'
