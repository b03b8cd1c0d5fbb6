"""The steps of a story, as its author reads them on the page and a program by HTTP."""

import re

import pytest

from tests.support.intake import request_ids

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


def steps_of(followed):
    return [(step["step"], step["done"]) for step in followed["timeline"]]


async def page_of(door, told):
    page = await door.http.post("/suivi", data={"code": told["code"]})
    assert page.status_code == 200
    return re.sub(r"<[^>]+>|\s+", " ", page.text)


async def test_new_story_tells_its_promise_and_what_comes_next(door):
    told = await door.tell(structure_codes=["mairie"])
    followed = await door.follow(told["code"])
    assert steps_of(followed) == [("received", True), ("promised", True), ("read", False), ("answered", False)]
    waited = followed["timeline"][-1]
    assert waited["answer_due_at"] == told["requests"][0]["answer_due_at"]
    assert waited["structure_name"] == "Mairie de Bourg"
    assert "Mairie de Bourg doit vous répondre au plus tard" in re.sub(r"\s+", " ", await page_of(door, told))


async def test_every_step_is_told_with_who_and_when(door):
    told = await door.tell(structure_codes=["mairie"])
    request = request_ids(told)[0]
    for said in (
        {"outcome": "acknowledged"},
        {"outcome": "delay_notice", "answer_due_on": "2030-01-31"},
        {"outcome": "redirected", "redirected_to": "guichet"},
        {"outcome": "answered", "text": "Nous avons ouvert un guichet de plus."},
    ):
        assert (await door.answer(request, **said)).status_code == 200
    followed = await door.follow(told["code"])
    assert [step for step, done in steps_of(followed) if done] == [
        "received",
        "promised",
        "acknowledged",
        "postponed",
        "redirected",
        "answered",
    ]
    postponed = next(step for step in followed["timeline"] if step["step"] == "postponed")
    assert postponed["first_due_at"] == told["requests"][0]["answer_due_at"]
    text = re.sub(r"\s+", " ", await page_of(door, told))
    for words in (
        "Mairie de Bourg annonce maintenant une réponse au plus tard le jeudi 31 janvier 2030",
        "Votre récit est maintenant traité par Centre des impôts de Saint-Étienne",
        "Réponse écrite par Centre des impôts de Saint-Étienne",
        "Nous avons ouvert un guichet de plus.",
    ):
        assert words in text


async def test_published_story_links_to_the_page_the_public_reads(door):
    told = await door.tell()
    await door.fetch(
        "UPDATE feedbacks SET moderation = 'published', moderated_at = now(), public_story = story "
        "WHERE feedback_id = $1::uuid",
        told["feedback_id"],
    )
    followed = await door.follow(told["code"])
    assert [step for step, done in steps_of(followed) if done] == ["received", "read", "published"]
    page = await door.http.post("/suivi", data={"code": told["code"]})
    assert f'href="{followed["public_page"]}"' in page.text
    assert told["feedback_id"] not in followed["public_page"]
    assert (await door.http.get(followed["public_page"])).status_code == 200


async def test_refused_story_says_so_to_its_author(door):
    told = await door.tell()
    await door.http.delete(f"/v1/feedback/{told['code']}")
    await door.fetch(
        "UPDATE feedbacks SET moderation = 'rejected', moderated_at = now() WHERE feedback_id = $1::uuid",
        told["feedback_id"],
    )
    followed = await door.follow(told["code"])
    assert followed["status"] == "refused"
    assert steps_of(followed) == [("received", True), ("read", True), ("refused", True)]
    text = await page_of(door, told)
    assert "Refusée par le modérateur" in text
    assert "Vous avez retiré" not in text


async def test_held_story_looks_received_to_its_author(door):
    told = await door.tell()
    await door.fetch("UPDATE feedbacks SET held_at = now() WHERE feedback_id = $1::uuid", told["feedback_id"])
    assert steps_of(await door.follow(told["code"])) == [("received", True), ("read", False), ("answered", False)]


async def test_withdrawal_is_the_last_step_and_leaves_one_act(door):
    told = await door.tell()
    for _ in range(2):
        await door.http.delete(f"/v1/feedback/{told['code']}")
    assert steps_of(await door.follow(told["code"])) == [("received", True), ("withdrawn", True)]
    acts = await door.fetch("SELECT actor, action FROM acts WHERE feedback_id = $1::uuid", told["feedback_id"])
    assert [tuple(act) for act in acts] == [("author", "story.withdrawn")]
