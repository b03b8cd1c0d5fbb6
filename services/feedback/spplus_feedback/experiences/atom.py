"""The published experiences as an Atom feed (RFC 4287). Days, no instants: midnight in Paris stands for a day."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Final
from uuid import UUID, uuid5
from xml.etree import ElementTree as ET

from spplus_chassis.french import PARIS
from spplus_feedback.experiences.published import Experience
from spplus_feedback.wording import SENTIMENTS

NAMESPACE: Final = "http://www.w3.org/2005/Atom"
_FEEDS: Final = UUID("1d1bb6c3-6b56-5c5f-8d0c-41f3a8f6c1de")
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TITLE: Final = "Expériences publiées"
_NO_TITLE: Final = "Une expérience"
_AUTHORS: Final = "Usagers des services publics"
_AGENTS: Final = "Agent d’un service public"


def feed(found: Sequence[Experience], *, itself: str, page: str, empty_on: date) -> bytes:
    """The feed of a page of experiences; its address and that of the page for people are paths.

    A feed without entries must have changed some day too: `empty_on`.
    """
    root = ET.Element("feed", {"xmlns": NAMESPACE, "xml:lang": "fr"})
    _text(root, "id", f"urn:uuid:{uuid5(_FEEDS, itself)}")
    _text(root, "title", _TITLE)
    _text(root, "updated", _instant(max((one.changed_on for one in found), default=empty_on)))
    _text(ET.SubElement(root, "author"), "name", _AUTHORS)
    ET.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": itself})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": page})
    for one in found:
        _entry(root, one)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _entry(root: ET.Element, one: Experience) -> None:
    entry = ET.SubElement(root, "entry")
    _text(entry, "id", f"urn:uuid:{one.public_id}")
    _text(entry, "title", one.title or _NO_TITLE)
    _text(entry, "published", _instant(one.published_on))
    _text(entry, "updated", _instant(one.changed_on))
    if one.author == "agent":
        _text(ET.SubElement(entry, "author"), "name", _AGENTS)
    ET.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": f"/experiences/{one.public_id}"})
    if one.sentiment in SENTIMENTS:
        ET.SubElement(entry, "category", {"term": one.sentiment, "label": SENTIMENTS[one.sentiment]})
    for request in one.requests:
        ET.SubElement(entry, "category", {"term": request.structure_code, "label": _xml(request.structure_name)})
    _text(entry, "content", "\n\n".join(_paragraphs(one))).set("type", "text")


def _paragraphs(one: Experience) -> list[str]:
    said = [one.story or ""]
    if one.suggestion:
        said.append(f"Proposition : {one.suggestion}")
    for request in one.requests:
        name = request.handled_by or request.structure_name
        said += [
            f"Réponse de {name} : {answer.text}" if answer.text else f"{name} a répondu par un autre moyen."
            for answer in request.answers
        ]
    return [text for text in said if text]


def _text(parent: ET.Element, name: str, words: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = _xml(words)
    return element


def _xml(words: str) -> str:
    """Without the characters that no XML may hold."""
    return _NOT_XML.sub("", words)


def _instant(day: date) -> str:
    return datetime.combine(day, time.min, PARIS).isoformat()
