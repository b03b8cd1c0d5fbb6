"""No event can hold an e-mail address, an IP address, a telephone number, a person's name or free text.

The walk goes through every schema, all parts included, and asks of each text field whether such a thing would fit.
Public names of public bodies are the only exception, and only where `ALLOWED` says so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_contracts import RequestAnswered, StructureDeclared
from spplus_contracts.jsonschema import writer_schema
from spplus_contracts.topics import CANONICAL

ALLOWED = {
    f"{StructureDeclared.TYPE}/properties/{name}" for name in ("name", "public_name", "network", "typology", "town")
}

PERSONAL = {
    "e-mail": ["jean.dupont@example.org", "j@d.fr", "JEAN+avis@sous.domaine.example.org"],
    "IPv4": ["192.0.2.1", "10.0.0.255", "192.0.2.1:8080"],
    "IPv6": ["2001:db8::1", "::1", "fe80::1%eth0", "2001:0db8:0000:0000:0000:0000:0000:0001"],
    "telephone": ["06 12 34 56 78", "06.12.34.56.78", "+33612345678", "+33 6 12 34 56 78", "(33) 612345678"],
    "name": ["Jean Dupont", "M. Dupont", "Mme Élodie Lefèvre", "DUPONT, Jean", "Éléonore"],
    "social security number": ["1 85 05 78 006 084 36", "2 69 05 49 588 157 80"],
    "bank account": ["FR76 3000 6000 0112 3456 7890 189"],
    "sentence": ["Merci pour votre accueil.", "nul !", "l'agent était absent", "Bonjour,\nje vous écris"],
    "address": ["12 rue de la Paix", "12, rue de la Paix\n75002 Paris"],
}
"""Made-up examples of what must never fit."""


@dataclass(frozen=True)
class TextField:
    """A place in a schema where a text may stand."""

    path: str
    schema: dict[str, Any]

    def takes(self, text: str) -> bool:
        """Would this text fit? A date is no free text; a field without a rule takes everything."""
        if "const" in self.schema or "enum" in self.schema:
            return text in self.schema.get("enum", [self.schema.get("const")])
        if self.schema.get("format") in {"date", "date-time"}:
            return False
        pattern = self.schema.get("pattern")
        # In JSON Schema (ECMA-262) "$" is the very end; Python's would let a line end follow.
        fits = pattern is None or re.search(pattern.replace("$", r"\Z"), text) is not None
        return fits and len(text) <= self.schema.get("maxLength", len(text))


def text_fields(node: Any, path: str) -> Iterator[TextField]:
    """Every place of a schema where a text may stand; a place without a type is one."""
    if isinstance(node, list):
        for index, inner in enumerate(node):
            yield from text_fields(inner, f"{path}/{index}")
    if not isinstance(node, dict):
        return
    kinds = node.get("type", [])
    described = {"type", "$ref", "anyOf", "oneOf", "allOf", "const", "enum"} & node.keys()
    if "string" in kinds or not described or {"const", "enum"} & node.keys():
        yield TextField(path, node)
    for keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
        yield from text_fields(node.get(keyword, []), f"{path}/{keyword}")
    for keyword in ("properties", "$defs", "patternProperties"):
        for name, inner in node.get(keyword, {}).items():
            yield from text_fields(inner, f"{path}/{keyword}/{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(node.get(keyword), dict):
            yield from text_fields(node[keyword], f"{path}/{keyword}")


SCHEMAS = {topic.event.TYPE: writer_schema(topic.event) for topic in CANONICAL if topic.event is not None}
FIELDS = [field for name, schema in SCHEMAS.items() for field in text_fields(schema, name)]
GUARDED = [field for field in FIELDS if not ({field.path, field.path.removesuffix("/anyOf/0")} & ALLOWED)]


@pytest.mark.parametrize("field", GUARDED, ids=lambda field: field.path)
def test_no_field_can_hold_personal_data(field: TextField) -> None:
    held = [f"{kind}: {text}" for kind, texts in PERSONAL.items() for text in texts if field.takes(text)]
    assert held == []


def test_no_field_can_hold_a_text_with_a_space_an_at_a_colon_or_an_accent() -> None:
    @given(st.sampled_from(GUARDED), st.text(max_size=12), st.sampled_from(" @:,'\n.é"), st.text(max_size=12))
    def holds_no_prose(field: TextField, before: str, sign: str, after: str) -> None:
        assert not field.takes(before + sign + after)

    holds_no_prose()


def test_the_walk_sees_every_field_of_every_event() -> None:
    paths = {field.path for field in FIELDS}
    assert f"{RequestAnswered.TYPE}/$defs/SingleAnswer/properties/request_id" in paths
    assert "fr.spplus.feedback.submitted.v1/$defs/Dimensions/properties/relation/anyOf/0" in paths
    assert "fr.spplus.feedback.submitted.v1/properties/channels/items" in paths
    assert "fr.spplus.structure.declared.v1/$defs/ParentLink/properties/parent_code/anyOf/0" in paths


def test_the_walk_sees_a_free_text_that_somebody_adds() -> None:
    for added in ({"type": "string"}, {}, {"anyOf": [{"type": "string", "maxLength": 200}, {"type": "null"}]}):
        (field,) = text_fields({"type": "object", "properties": {"comment": added}}, "new")
        assert field.takes("Jean Dupont, 06 12 34 56 78, jean@example.org")


def test_every_object_is_closed() -> None:
    for name, schema in SCHEMAS.items():
        parts = [schema, *schema.get("$defs", {}).values()]
        opened = [part["title"] for part in parts if "properties" in part and part["additionalProperties"] is not False]
        assert (name, opened) == (name, [])


def test_public_names_are_marked_and_stand_only_where_allowed() -> None:
    marked = {field.path.removesuffix("/anyOf/0") for field in FIELDS if field.schema.get("x-public-name")}
    assert marked == ALLOWED
