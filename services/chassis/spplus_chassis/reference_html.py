"""JSON Schema in words, as HTML: for the pages on which developers read what a service takes and says."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any, Final

Schema = Mapping[str, Any]

_LIMITS: Final = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("exclusiveMinimum", "more than {}"),
    ("exclusiveMaximum", "less than {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} of them"),
    ("maxItems", "at most {} of them"),
    ("pattern", "pattern {}"),
    ("default", "{} where absent"),
)
_DEEPEST: Final = 6


def page(title: str, navigation: Mapping[str, str], style: str, body: Iterable[str]) -> str:
    """A whole page; `navigation` gives the address of each link by its text."""
    links = "".join(f'<li><a href="{escape(address)}">{escape(text)}</a></li>' for text, address in navigation.items())
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(title)}</title>\n<link rel="stylesheet" href="{escape(style)}">\n</head>\n<body>\n'
        '<a class="skip" href="#content">To the content</a>\n'
        f'<header><nav aria-label="References"><ul>{links}</ul></nav></header>\n'
        f'<main id="content" tabindex="-1">\n<h1>{escape(title)}</h1>\n'
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def text(words: str) -> str:
    """Words of a document: code between backticks, paragraphs between empty lines."""
    paragraphs = [part for part in re.split(r"\n\s*\n", words.strip()) if part]
    return "".join(f"<p>{_inline(part)}</p>" for part in paragraphs)


def anchor(name: str) -> str:
    """Identifier of a place on the page."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")


def contents(label: str, entries: Mapping[str, str]) -> str:
    """A list of links to places on the page, by their text."""
    items = "".join(f'<li><a href="#{escape(place)}">{escape(shown)}</a></li>' for shown, place in entries.items())
    return f'<nav aria-label="{escape(label)}"><ul class="contents">{items}</ul></nav>'


def schemas(found: Mapping[str, Schema]) -> Iterator[str]:
    """A section for each named schema."""
    for name, schema in found.items():
        heading = f"<h3><code>{escape(name)}</code></h3>"
        yield f'<section id="{anchor("schema-" + name)}">{heading}{in_words(schema)}</section>'


def in_words(schema: Schema, depth: int = 0) -> str:
    """A schema with its description and, for an object, each of its fields."""
    said = text(schema["description"]) if schema.get("description") else ""
    if not schema.get("properties"):
        return f'{said}<p class="kind">{kind(schema)}{_limits(schema)}</p>'
    return said + fields(schema, depth)


def fields(schema: Schema, depth: int = 0) -> str:
    """The fields of an object, one after the other."""
    required = set(schema.get("required", ()))
    rows = []
    for name, field in schema["properties"].items():
        needed = " <strong>required</strong>" if name in required else ""
        meaning = text(field["description"]) if field.get("description") else ""
        inner = fields(field, depth + 1) if field.get("properties") and depth < _DEEPEST else ""
        limits = _limits(field).removeprefix("; ")
        told = meaning + (f'<p class="kind">{limits}</p>' if limits else "") + inner
        rows.append(f"<dt><code>{escape(name)}</code> <span>{kind(field)}</span>{needed}</dt><dd>{told}</dd>")
    return f'<dl class="fields">{"".join(rows)}</dl>'


def kind(schema: Any) -> str:  # noqa: ANN401 - any JSON
    """What sort of value it is, as HTML with links to named schemas."""
    if not isinstance(schema, Mapping):
        return "anything"
    if reference := schema.get("$ref"):
        name = str(reference).rsplit("/", 1)[-1]
        return f'<a href="#{anchor("schema-" + name)}">{escape(name)}</a>'
    values = [schema["const"]] if "const" in schema else schema.get("enum", ())
    if values:
        return ("one of " if len(values) > 1 else "") + ", ".join(f"<code>{_value(each)}</code>" for each in values)
    choices = schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf")
    if choices:
        joint = " and " if "allOf" in schema else " or "
        return joint.join(dict.fromkeys(kind(each) + _limits(each) for each in choices))
    return _plain(schema)


def _plain(schema: Schema) -> str:
    types = schema.get("type", "anything")
    if types == "array":
        return f"list of {kind(schema.get('items', {}))}"
    shown = " or ".join(map(str, types)) if isinstance(types, list) else str(types)
    return escape(f"{shown} ({schema['format']})" if "format" in schema else shown)


def _limits(schema: Schema) -> str:
    said = [
        words.format(f"<code>{_value(schema[name])}</code>")
        for name, words in _LIMITS
        if schema.get(name) is not None and "$ref" not in schema
    ]
    return ("; " if said else "") + "; ".join(said)


def _value(value: object) -> str:
    return escape(value if isinstance(value, str) else json.dumps(value))


def _inline(words: str) -> str:
    parts = re.split(r"`{1,2}([^`]+)`{1,2}", words)
    return "".join(f"<code>{escape(part)}</code>" if place % 2 else escape(part) for place, part in enumerate(parts))
