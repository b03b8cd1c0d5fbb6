"""The mail server in trouble, many mails at once, several replicas: each mail once, none in the clear."""

from collections import Counter
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
import structlog

from spplus_chassis.database import open_pool
from spplus_chassis.outbox import new_id
from spplus_notifier.mail import sending_repository
from spplus_notifier.mail.recipients import Recipient
from spplus_notifier.mail.sending import Postman
from spplus_notifier.sealing import Sealer
from tests.support.mailbox import receiving_mails
from tests.support.noticed import SEAL_KEY, mail_settings
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

MAIL = "INSERT INTO mails (mail_id, kind, cause, sealed_recipient) VALUES ($1::uuid, $2, $1, $3)"
MANY = 60


async def written(published, count, kind="answered"):
    """Mails to as many people that wait to be sent."""
    async with await open_pool(published.database_url, 1) as pool:
        people = [Recipient.new(f"c{number}@exemple.fr").sealed(Sealer([SEAL_KEY])) for number in range(count)]
        await pool.executemany(MAIL, [(new_id(), kind, sealed) for sealed in people])


async def states(published):
    rows = await published.fetch("SELECT state, count(*) AS mails FROM mails GROUP BY state")
    return {row["state"]: row["mails"] for row in rows}


async def become(published, **expected):
    async def so():
        return await states(published) == expected

    await eventually(so, f"the mails to be {expected}", seconds=60)


async def test_mails_that_follow_each_other_share_connections(published):
    async with receiving_mails() as mailbox:
        await written(published, MANY)
        async with published.replica(**mail_settings(mailbox, mail_connections=2)):
            await become(published, sent=MANY)
        assert len({mail.recipient for mail in mailbox.mails}) == len(mailbox.mails) == MANY
        assert mailbox.connections == 2


async def test_connection_that_carries_no_more_is_replaced_at_once(published):
    async with receiving_mails() as mailbox:
        mailbox.to_sender = ["250 OK", "421 enough for one connection"]
        await written(published, 3)
        async with published.replica(**mail_settings(mailbox, mail_connections=1)):
            await become(published, sent=3)
        assert mailbox.connections == 2
        assert {row["attempts"] for row in await published.fetch("SELECT attempts FROM mails")} == {1}


async def test_one_who_is_refused_does_not_disturb_the_next_on_the_same_connection(published):
    async with receiving_mails() as mailbox:
        mailbox.to_recipient = ["550 nobody"]
        mailbox.to_message = ["554 not like this"]
        await written(published, 3)
        async with published.replica(**mail_settings(mailbox, mail_connections=1)):
            await become(published, sent=1, bounced=2)
        assert (mailbox.connections, len(mailbox.mails)) == (1, 1)


async def test_server_without_tls_gets_nothing_where_tls_is_required_and_the_log_says_why(published):
    async with receiving_mails() as mailbox:
        await written(published, 1)
        with structlog.testing.capture_logs() as logs:
            async with published.replica(**mail_settings(mailbox, mail_security="starttls")):
                await eventually(lambda: tried(published), "the mail to be tried")
        assert await states(published) == {"waiting": 1}
        assert (mailbox.asked, mailbox.mails) == ([], [])
        [fault] = {entry["fault"] for entry in logs if entry["event"] == "mail_server_unreachable"}
        assert "STARTTLS" in fault


async def tried(published):
    [row] = await published.fetch("SELECT attempts, leased_until FROM mails")
    return row["attempts"] and row["leased_until"] is None


async def test_two_replicas_send_each_mail_once(published):
    async with receiving_mails() as mailbox, AsyncExitStack() as running:
        for name in ("1", "2"):
            await running.enter_async_context(published.replica(name=name, **mail_settings(mailbox)))
        await written(published, MANY)
        await become(published, sent=MANY)
        assert set(Counter(mail.recipient for mail in mailbox.mails).values()) == {1}
        assert len(mailbox.mails) == MANY


async def test_whoever_waits_for_an_answer_comes_before_the_digests_of_a_monday(published):
    await written(published, 5, kind="digest")
    await written(published, 1)
    async with await open_pool(published.database_url, 1) as pool:
        [first] = await sending_repository.claim(pool, most=1, lease=timedelta(minutes=1))
    assert first.kind == "answered"


async def test_no_more_mails_a_minute_than_are_allowed(monkeypatch):
    paused = []

    async def claim(*_, **__):
        return ["a mail"] * 4

    async def sent(*_):
        pass

    async def pause(seconds):
        paused.append(seconds)

    monkeypatch.setattr(sending_repository, "claim", claim)
    monkeypatch.setattr("spplus_notifier.mail.sending.asyncio.sleep", pause)
    monkeypatch.setattr("spplus_notifier.mail.sending.time.monotonic", lambda: 0.0)
    monkeypatch.setattr(Postman, "_send_all", sent)
    for per_minute in (60, None):
        settings = {"sender": None, "addresses": None, "clock": None, "connections": 4, "per_minute": per_minute}
        await Postman(lambda: None, None, None, **settings)._round()
    assert paused == [4.0, 0.0]
