"""An answer that another system gave shows to the author, without a text that nobody here knows."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from spplus_contracts import Envelope, SingleAnswer
from spplus_contracts.topics import REQUEST_ANSWERED, dead_letters
from spplus_contracts.vocabulary import Channel, Outcome, RequestKind
from tests.support.bus import read_count, send_all
from tests.support.intake import request_ids
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


def an_answer_elsewhere(request_id, submitted_at, *, source="agence", event_id=None, request_source="spplus", **more):
    said_at = submitted_at + timedelta(seconds=1)
    event = SingleAnswer(
        request_id=request_id,
        request_source=request_source,
        request_kind=RequestKind.EXPERIENCE,
        structure_code="guichet",
        channel=Channel.MAIL,
        received_at=submitted_at,
        outcome=Outcome.ANSWERED,
        answered_at=said_at,
        statement_id="courrier-1",
        **more,
    )
    envelope = Envelope(event_id or str(uuid.uuid4()), source, event.TYPE, said_at)
    return (b"guichet", event.to_json(), envelope.headers())


async def send(door, *records):
    await send_all(door.bootstrap, door.prefix + REQUEST_ANSWERED.name, records)


async def status_of(door, told, wanted):
    followed = await door.follow(told["code"])
    return followed if followed["status"] == wanted else None


async def test_answer_elsewhere_shows_as_answered_by_another_channel(door):
    told = await door.tell()
    (request_id,) = request_ids(told)
    await send(door, an_answer_elsewhere(request_id, datetime.fromisoformat(told["submitted_at"])))

    followed = await eventually(lambda: status_of(door, told, "answered"), "the answer to be heard")
    (answer,) = followed["requests"][0]["answers"]
    assert answer["by_another_channel"] is True
    assert answer.get("text") is None
    page = await door.http.get(f"/suivi/{told['code']}")
    assert "par un autre moyen" in page.text


async def test_retracted_answer_waits_again_and_an_older_version_changes_nothing(door):
    told = await door.tell()
    (request_id,) = request_ids(told)
    at = datetime.fromisoformat(told["submitted_at"])
    await send(door, an_answer_elsewhere(request_id, at))
    await eventually(lambda: status_of(door, told, "answered"), "the answer to be heard")
    await send(
        door,
        an_answer_elsewhere(request_id, at, version=2, retracted=True),
        an_answer_elsewhere(request_id, at, version=1),
    )
    await eventually(lambda: status_of(door, told, "received"), "the retraction to be heard")

    last = await door.tell()
    await send(door, an_answer_elsewhere(request_ids(last)[0], datetime.fromisoformat(last["submitted_at"])))
    await eventually(lambda: status_of(door, last, "answered"), "the records behind to be read")
    assert (await door.follow(told["code"]))["status"] == "received"


async def test_poison_and_strangers_do_not_stop_the_partition(door):
    told = await door.tell()
    (request_id,) = request_ids(told)
    at = datetime.fromisoformat(told["submitted_at"])
    await send(
        door,
        (b"guichet", b"not json", [("ce_id", b"1")]),
        (b"guichet", None, []),
        an_answer_elsewhere("lettre-12", at, request_source="agence"),
        an_answer_elsewhere(str(uuid.uuid4()), at),
        an_answer_elsewhere(request_id, at),
    )

    await eventually(lambda: status_of(door, told, "answered"), "the good record to be heard")
    buried = await read_count(door.bootstrap, door.prefix + dead_letters("feedback").name, 2)
    assert len(buried) == 2


async def test_answer_of_our_own_door_is_not_taken_for_another(door):
    told = await door.tell()
    await door.answer(request_ids(told)[0], outcome="answered", text="D'ici")
    other = await door.tell()
    await send(door, an_answer_elsewhere(request_ids(other)[0], datetime.now(UTC) - timedelta(seconds=5)))
    await eventually(lambda: status_of(door, other, "answered"), "the bus to be read")

    (answer,) = (await door.follow(told["code"]))["requests"][0]["answers"]
    assert (answer["text"], answer["by_another_channel"]) == ("D'ici", False)
