"""The feed, judged by feedparser and by what RFC 4287 requires."""

from datetime import UTC, date, datetime
from uuid import UUID
from xml.etree import ElementTree as ET

import feedparser
import pytest

from spplus_feedback.experiences.atom import NAMESPACE, feed
from spplus_feedback.experiences.published import Experience, PublishedAnswer, PublishedRequest
from spplus_feedback.standing import Status

ITSELF = "/experiences.atom?q=a&to=2026-01-01"
ATOM = f"{{{NAMESPACE}}}"
ODD = "Un <b>récit</b> & \x00\x0b\ufffe]]> 🙂"


def an_experience(**changes):
    said = {
        "public_id": UUID("0a1b2c3d-0000-4000-8000-000000000001"),
        "published_at": datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        "published_on": date(2026, 3, 29),
        "told_on": date(2026, 3, 1),
        "author": "citizen",
        "proposal": False,
        "sentiment": "negative",
        "title": ODD,
        "story": ODD,
        "suggestion": None,
        "requests": (
            PublishedRequest(
                "guichet", f"Guichet {ODD}", None, ("desk",), Status.ANSWERED, (PublishedAnswer(date(2026, 4, 2), ODD),)
            ),
        ),
    }
    return Experience(**{**said, **changes})


def read(found):
    written = feed(
        found, itself="/experiences.atom?q=a&to=2026-01-01", page="/experiences?q=a", empty_on=date(2015, 1, 1)
    )
    parsed = feedparser.parse(written)
    assert not parsed.bozo, parsed.get("bozo_exception")
    assert parsed.version == "atom10"
    return parsed, ET.fromstring(written)  # noqa: S314 - written here


def test_entry_tells_the_story_its_answer_and_its_day():
    parsed, _ = read([an_experience()])
    [entry] = parsed.entries
    readable = "Un <b>récit</b> & ]]> 🙂"
    assert entry.id == "urn:uuid:0a1b2c3d-0000-4000-8000-000000000001"
    assert entry.content[0].type == "text/plain"
    assert readable in entry.content[0].value
    assert f"Réponse de Guichet {readable}" in entry.content[0].value
    assert (entry.published, entry.updated) == ("2026-03-29T00:00:00+01:00", "2026-04-02T00:00:00+02:00")
    assert parsed.feed.updated == entry.updated
    assert [tag.term for tag in entry.tags] == ["negative", "guichet"]


@pytest.mark.parametrize("found", [[], [an_experience()], [an_experience(author="agent", title=None, sentiment=None)]])
def test_feed_has_all_that_the_rfc_requires(found):
    _, root = read(found)
    assert root.tag == f"{ATOM}feed"
    for element in (root, *root.iter(f"{ATOM}entry")):
        for required in ("id", "title", "updated"):
            assert len(element.findall(ATOM + required)) == 1
            assert element.find(ATOM + required).text
        assert element.find(f"{ATOM}id").text.startswith("urn:uuid:")
        assert datetime.fromisoformat(element.find(f"{ATOM}updated").text).tzinfo
    assert root.find(f"{ATOM}author/{ATOM}name").text
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links == {"self": ITSELF, "alternate": "/experiences?q=a"}
    for entry in root.iter(f"{ATOM}entry"):
        assert entry.find(f"{ATOM}content") is not None


def test_feeds_of_other_filters_have_other_ids():
    ids = {feed([], itself=path, page="/", empty_on=date(2015, 1, 1)).split(b"<id>")[1][:60] for path in ("/a", "/b")}
    assert len(ids) == 2
