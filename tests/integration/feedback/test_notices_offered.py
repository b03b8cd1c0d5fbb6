"""The form for "tell me when it is answered": it goes to the notifier, and no address can come here."""

import re
from argparse import Namespace
from pathlib import Path

import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import KeySet

from spplus_feedback.notice_commands import turn_notice_keys
from spplus_feedback.notices import ALGORITHM
from spplus_feedback.settings import FeedbackSettings
from tests.support.intake import opened, request_ids

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]
NOTIFIER = "https://prevenir.example"
TEMPLATES = Path(__file__).parents[3] / "services" / "feedback" / "spplus_feedback" / "templates"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def offering(door, tmp_path_factory):
    file = tmp_path_factory.mktemp("keys") / "notice.json"
    for _ in range(2):
        assert turn_notice_keys(Namespace(file=file), FeedbackSettings(database_url=door.dsn, _env_file=None)) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    settings = FeedbackSettings(
        database_url=door.dsn,
        kafka_bootstrap_servers=door.bootstrap,
        topic_prefix=door.prefix,
        notice_url=NOTIFIER,
        notice_keys_file=file,
        _env_file=None,
    )
    async with opened(settings) as (_, http):
        yield http


async def ticket_on(page, http):
    found = re.search(r'name="ticket" value="([^"]+)"', page.text)
    keys = (await http.get("/.well-known/jwks.json")).json()
    assert len(keys["keys"]) == 2
    return jwt.decode(found.group(1), KeySet.import_key_set(keys), algorithms=[ALGORITHM]).claims


async def test_follow_page_offers_a_notice_straight_from_the_browser_to_the_notifier(door, offering):
    told = await door.tell(structure_codes=["mairie", "guichet"])
    page = await offering.post("/suivi", data={"code": told["code"]})
    claims = await ticket_on(page, offering)
    assert claims["feedback_id"] == told["feedback_id"]
    assert claims["request_ids"] == request_ids(told)
    assert told["code"] not in str(claims)
    assert f"form-action 'self' {NOTIFIER};" in page.headers["content-security-policy"]
    form = re.search(r"<form([^>]*)>(?:(?!</form>).)*type=\"email\"", page.text, re.DOTALL)
    assert f'action="{NOTIFIER}/me-prevenir"' in form.group(1)


async def test_notice_is_offered_after_sending_where_an_answer_is_wanted(offering):
    form = {"structure": "guichet", "sentiment": "negative", "story": "Attente.", "geste": "envoyer"}
    wanted = await offering.post("/partager", data=form | {"nonce": "a" * 32, "answer_expected": "oui"})
    assert (await ticket_on(wanted, offering))["request_ids"]
    unwanted = await offering.post("/partager", data=form | {"nonce": "b" * 32, "answer_expected": "non"})
    assert "ticket" not in unwanted.text
    assert NOTIFIER not in unwanted.headers["content-security-policy"]


async def test_answered_or_withdrawn_story_offers_none(door, offering):
    told = await door.tell()
    await door.answer(request_ids(told)[0], outcome="answered", text="Merci.")
    assert "ticket" not in (await offering.post("/suivi", data={"code": told["code"]})).text
    taken_back = await door.tell()
    await door.http.delete(f"/v1/feedback/{taken_back['code']}")
    assert "ticket" not in (await offering.post("/suivi", data={"code": taken_back["code"]})).text


async def test_nothing_is_offered_without_a_notifier(door):
    told = await door.tell()
    page = await door.http.post("/suivi", data={"code": told["code"]})
    assert "prévenir" not in page.text
    assert (await door.http.get("/.well-known/jwks.json")).json() == {"keys": []}


async def test_no_door_for_citizens_takes_an_address(door):
    """What asks for an e-mail address on citizens' pages is the form to the notifier alone, and ours refuse one."""
    asking = {
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        if re.search(r'type="email"|name="(e?mail|courriel|adresse)"', path.read_text(encoding="utf-8"))
    }
    assert {name for name in asking if not name.startswith(("people/", "desk/", "moderation/", "agencies/"))} == {
        "notice.html"
    }
    assert (await door.http.post("/me-prevenir", data={"email": "a@b.example"})).status_code == 404
    story = {"structure_codes": ["guichet"], "sentiment": "positive", "email": "a@b.example"}
    refused = await door.http.post("/v1/feedback", json=story)
    assert refused.status_code == 422
