"""The documents for developers, and the pages that show them: complete, well made, nothing loaded from elsewhere."""

import json
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from jsonschema import Draft7Validator
from pydantic import BaseModel, Field

from spplus_chassis.reference import router
from spplus_chassis.reference_html import in_words, kind, text
from spplus_contracts.asyncapi import document

pytestmark = pytest.mark.asyncio

OFFICIAL = Path(__file__).parents[2] / "support" / "asyncapi" / "asyncapi-3.0.0.schema.json"
VOID = {"meta", "link"}


class Page(HTMLParser):
    """What a page links to, names and loads; fails where its elements do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: list[str] = []
        self.loaded: list[str] = []
        self.said = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        assert "style" not in given
        assert tag != "script"
        self.links += [given["href"]] if tag == "a" else []
        self.loaded += [given["href"]] if tag == "link" else []
        self.places += [given["id"]] if "id" in given else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said += data


class Told(BaseModel):
    """What is told, with `code` in it and <b>no element</b>."""

    name: str = Field(max_length=5, description="A name & more.")


@pytest.fixture
def app():
    app = FastAPI(title="essai", docs_url=None, redoc_url=None)
    app.include_router(router(app))

    @app.post("/v1/things/{number}")
    async def post_thing(number: int, told: Told, often: bool = False) -> Told:  # noqa: FBT001, FBT002 - a query
        """Tell a thing."""
        return told if often and number else Told(name="")

    return app


@pytest_asyncio.fixture
async def client(app):
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://essai") as client:
        yield client


async def test_the_served_document_passes_the_official_schema(client):
    answer = await client.get("/asyncapi.json")
    assert answer.headers["content-type"] == "application/json"
    judge = Draft7Validator(json.loads(OFFICIAL.read_bytes()))
    assert [error.message for error in judge.iter_errors(answer.json())] == []


@pytest.mark.parametrize("path", ["/asyncapi", "/openapi"])
async def test_a_page_loads_nothing_but_its_own_style_and_every_link_leads_somewhere(client, path):
    answer = await client.get(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'; style-src 'self'" in answer.headers["content-security-policy"]
    page = Page(answer.text)
    assert len(set(page.places)) == len(page.places)
    assert [link for link in page.links if link.startswith("#") and link[1:] not in page.places] == []
    for address in [link for link in page.links if not link.startswith("#")] + page.loaded:
        assert address.startswith("/")
        assert (await client.get(address)).status_code == 200


async def test_the_page_of_events_names_every_topic_message_and_field(client):
    page = Page((await client.get("/asyncapi")).text)
    told = document()
    names = [channel["address"] for channel in told["channels"].values()]
    names += list(told["components"]["messages"])
    names += [name for schema in told["components"]["schemas"].values() for name in schema.get("properties", {})]
    assert [name for name in names if name not in page.said] == []


async def test_the_page_of_requests_says_what_is_taken_and_answered(client):
    page = Page((await client.get("/openapi")).text)
    expected = ("POST /v1/things/{number}", "Tell a thing.", "often (query)", "A name & more.", "at most 5 characters")
    assert [words for words in expected if words not in page.said] == []
    assert "with code in it and <b>no element</b>" in page.said


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (True, "anything"),
        ({"type": "array", "items": {"type": "integer"}}, "list of integer"),
        ({"type": "string", "format": "date-time"}, "string (date-time)"),
        ({"anyOf": [{"type": "integer", "minimum": 2}, {"type": "null"}]}, "integer; at least <code>2</code> or null"),
        ({"enum": ["a<", 1, None]}, "one of <code>a&lt;</code>, <code>1</code>, <code>null</code>"),
        ({"const": True}, "<code>true</code>"),
        ({"type": ["string", "null"]}, "string or null"),
        ({"$ref": "#/components/schemas/A.B"}, '<a href="#schema-A-B">A.B</a>'),
    ],
)
async def test_a_kind_of_value_is_told_in_words(schema, words):
    assert kind(schema) == words


async def test_a_schema_in_a_schema_is_told_inside_it():
    inner = {"type": "object", "properties": {"deep": {"type": "integer"}}, "required": ["deep"]}
    said = Page(in_words({"description": "Outer.", "properties": {"inner": inner}})).said
    assert said == "Outer.inner objectdeep integer required"


async def test_words_keep_their_paragraphs_and_code():
    assert text("One\n``two``.\n\nThree") == "<p>One\n<code>two</code>.</p><p>Three</p>"
