"""Its author takes a story back: texts go, figures are told, and nothing brings it back."""

import pytest

from spplus_contracts import FeedbackWithdrawn
from spplus_contracts.topics import FEEDBACK_WITHDRAWN
from tests.support.intake import request_ids
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


async def test_withdrawal_tells_each_request_once_and_deletes_the_texts(door):
    told = await door.tell(structure_codes=["guichet", "mairie"], suggestion="Mieux signaler")
    await door.answer(request_ids(told)[0], outcome="answered", text="Une réponse")
    for _ in range(2):
        assert (await door.http.delete(f"/v1/feedback/{told['code']}")).status_code == 204

    records = await door.heard(FEEDBACK_WITHDRAWN, 2, request_ids(told))
    events = [FeedbackWithdrawn.read_json(record.value) for record in records]
    assert {(event.request_id, event.structure_code) for event in events} == {
        (request_ids(told)[0], "guichet"),
        (request_ids(told)[1], "mairie"),
    }

    async def nothing_more_to_say():
        (outbox,) = await door.fetch("SELECT count(*) FROM outbox")
        return outbox["count"] == 0

    await eventually(nothing_more_to_say, "an empty outbox: the second withdrawal had nothing to say")
    assert len(await door.heard(FEEDBACK_WITHDRAWN, 2, request_ids(told))) == 2
    texts = await door.fetch(
        "SELECT title, story, suggestion FROM feedbacks WHERE feedback_id = $1::uuid", told["feedback_id"]
    )
    assert [tuple(row) for row in texts] == [(None, None, None)]
    answers = await door.fetch("SELECT answer FROM statements WHERE request_id = ANY ($1::uuid[])", request_ids(told))
    assert [row["answer"] for row in answers] == [None]


async def test_withdrawn_story_says_so_and_takes_no_answer(door):
    told = await door.tell()
    await door.http.delete(f"/v1/feedback/{told['code']}")

    followed = await door.follow(told["code"])
    assert followed["status"] == "withdrawn"
    assert followed["story"] is None
    assert (await door.answer(request_ids(told)[0], outcome="answered")).status_code == 410


@pytest.mark.parametrize("code", ["AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AA", "x", "é" * 26])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_wrong_code_opens_nothing(door, method, code):
    answer = await door.http.request(method, f"/v1/feedback/{code}")
    assert answer.status_code == 404
    assert code not in answer.text


async def test_code_is_read_whatever_its_case_and_dashes(door):
    told = await door.tell()
    assert (await door.follow(told["code"].replace("-", "").lower()))["feedback_id"] == told["feedback_id"]
