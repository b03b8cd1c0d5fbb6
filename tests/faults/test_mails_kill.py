"""The notifier is killed while it sends: each mail goes out once, and one that nobody knows about is said to be so."""

import asyncio
import uuid

import httpx
import pytest

from tests.support.builders import an_answer
from tests.support.mailbox import receiving_mails
from tests.support.noticed import a_ticket, mail_settings
from tests.support.publication import Publication
from tests.support.service_process import running_service
from tests.support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.asyncio]

CITIZENS, KILLS = 120, 3


async def test_killed_in_the_middle_of_mails_sends_each_once(make_database, kafka):
    published = Publication(make_database(), kafka, f"t{uuid.uuid4().hex[:10]}.")
    await published.prepare()
    async with receiving_mails() as mailbox:
        given = {f"SPPLUS_NOTIFIER_{name.upper()}": str(value) for name, value in mail_settings(mailbox).items()}
        settings = (published.database_url, published.kafka, published.prefix, given)
        async with running_service("notifier", *settings) as service:
            await everybody_subscribed(service.address, mailbox)
        mailbox.mails.clear()
        await published.publish(*(an_answer(request_id=f"request-{number}") for number in range(CITIZENS)))
        for kill in range(KILLS):
            async with running_service("notifier", *settings) as service:
                await mailbox.has((kill + 1) * CITIZENS // (KILLS + 2), seconds=60)
                service.process.kill()
                await service.process.wait()
            # A lease of the dead ends by itself; the test does not wait for it.
            await published.fetch("UPDATE mails SET leased_until = now() WHERE leased_until IS NOT NULL")
        async with running_service("notifier", *settings):
            await eventually(lambda: ended(published), "every mail to have ended", seconds=90)
        told = [mail.recipient for mail in mailbox.mails]
        assert len(told) == len(set(told)), "a mail was sent twice"
        rows = await published.fetch("SELECT state, count(*) AS n FROM mails WHERE kind = 'answered' GROUP BY state")
        states = {row["state"]: row["n"] for row in rows}
        sent, maybe = states.pop("sent"), states.pop("uncertain", 0)
        assert not states
        assert sent + maybe == CITIZENS
        assert sent <= len(told) <= CITIZENS
        assert maybe <= KILLS * CONNECTIONS


CONNECTIONS = 4
"""Mails that one process sends at once, by default."""


async def everybody_subscribed(address, mailbox):
    async with httpx.AsyncClient(base_url=address, timeout=30) as http:
        for number in range(CITIZENS):
            ticket = a_ticket(f"request-{number}", feedback_id=f"feedback-{number}")
            left = await http.post("/me-prevenir", data={"ticket": ticket, "email": f"c{number}@exemple.fr"})
            assert left.status_code == 200
        asked = await mailbox.has(CITIZENS, seconds=60)
        pressed = [http.post("/me-prevenir/confirmer", data={"code": mail.code}) for mail in asked]
        assert {answer.status_code for answer in await asyncio.gather(*pressed)} == {200}


async def ended(published):
    [row] = await published.fetch("SELECT count(*) AS open FROM mails WHERE state IN ('waiting', 'sending')")
    [told] = await published.fetch("SELECT count(*) AS mails FROM mails WHERE kind = 'answered'")
    return row["open"] == 0 and told["mails"] == CITIZENS
