"""A seal key is changed: nothing that others entrusted to us is lost with the old one."""

import asyncio
import re
from contextlib import asynccontextmanager

import pytest
from cryptography.fernet import Fernet

from spplus_chassis.database import open_pool
from spplus_notifier.__main__ import main
from spplus_notifier.resealing import COLUMNS, reseal, standing
from spplus_notifier.sealing import SealedBy, Sealer
from tests.support.builders import a_figure, a_structure, an_answer
from tests.support.mailbox import receiving_mails
from tests.support.noticed import a_ticket, mail_settings
from tests.support.receiver import receiving
from tests.support.subscriber import Subscriber, a_key
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


async def test_key_is_changed_everything_sealed_anew_the_old_one_taken_away_and_calls_and_mails_still_go_out(published):
    async with receiving() as receiver, receiving_mails() as mailbox:

        @asynccontextmanager
        async def sealed_with(*keys):
            settings = mail_settings(mailbox, seal_keys=",".join(keys), webhook_private_networks="127.0.0.0/8")
            async with published.replica(**settings) as http:
                yield http

        async with sealed_with(OLD) as http:
            await published.publish(a_structure(code="root"))
            await published.settled()
            key = await a_key(published)
            webhook = await Subscriber(published, http, key).subscribe(receiver.url)
            changed = (await Subscriber(published, http, key).do(webhook, "secret", overlap_hours=24)).json()
            await http.post("/me-prevenir", data={"ticket": a_ticket(), "email": "awa.diop@exemple.fr"})
            [asked] = await mailbox.has(1)
            assert (await http.post("/me-prevenir/confirmer", data={"code": asked.code})).status_code == 200

        async with sealed_with(NEW, OLD):
            await eventually(lambda: all_under_the_newest(published, NEW, OLD), "everything to be sealed anew")

        async with sealed_with(NEW):
            await published.publish(a_figure(structure_code="root"), an_answer())
            [call] = await receiver.called(1)
            call.check(webhook["secret"])
            call.check(changed["secret"])
            assert (await mailbox.has(2))[1].message["subject"] == "Un service public vous a répondu"


async def all_under_the_newest(published, *keys):
    async with await open_pool(published.database_url, 2) as pool:
        found = await standing(pool, Sealer(keys))
    return {key for counted in found.values() for key in counted} == {SealedBy.NEWEST}


async def test_every_sealed_column_of_the_database_is_sealed_anew(published):
    rows = await published.fetch(
        "SELECT table_name || '.' || column_name AS name FROM information_schema.columns "
        "WHERE column_name LIKE 'sealed%'"
    )
    assert {row["name"] for row in rows} == {str(column) for column in COLUMNS}


async def test_operator_sees_which_keys_are_still_needed(published, monkeypatch, capsys):
    await a_key(published)
    lost = Fernet.generate_key().decode()
    await published.fetch("UPDATE webhook_keys SET sealed_contact = $1", Sealer([OLD]).seal("contact"))
    for number, key in enumerate((OLD, NEW, lost)):
        await published.fetch(
            "INSERT INTO webhooks (webhook_id, key_id, url, period_kind, sealed_secret) "
            "VALUES (gen_random_uuid(), 1, $1, 'month', $2)",
            f"https://example.org/{number}",
            Sealer([key]).seal("secret"),
        )
    monkeypatch.setenv("SPPLUS_NOTIFIER_DATABASE_URL", published.database_url)
    monkeypatch.setenv("SPPLUS_NOTIFIER_SEAL_KEYS", f"{NEW},{OLD}")

    async def seals(action):
        with pytest.raises(SystemExit) as ended:
            await asyncio.to_thread(main, ["seals", action])
        [line] = [line for line in capsys.readouterr().out.splitlines() if "webhooks.sealed_secret" in line]
        return ended.value.code, [int(number) for number in re.findall(r"\d+", line)]

    assert await seals("list") == (1, [1, 1, 1])
    assert await seals("reseal") == (1, [2, 0, 1])
    await published.fetch("DELETE FROM webhooks WHERE url LIKE '%/2'")
    assert await seals("list") == (0, [2, 0, 0])


async def test_what_stands_under_the_newest_key_is_left_alone(published):
    await a_key(published)
    await published.fetch(
        "INSERT INTO webhooks (webhook_id, key_id, url, period_kind, sealed_secret) "
        "SELECT gen_random_uuid(), 1, 'https://example.org', 'month', $1 FROM generate_series(1, 3)",
        Sealer([OLD]).seal("secret"),
    )
    both = Sealer([NEW, OLD])
    async with await open_pool(published.database_url, 2) as pool:
        assert await reseal(pool, both) == 3
        assert await reseal(pool, both) == 0
    rows = await published.fetch("SELECT sealed_secret FROM webhooks")
    assert {Sealer([NEW]).open(row["sealed_secret"]) for row in rows} == {"secret"}


async def test_webhook_whose_secret_cannot_be_opened_is_not_blamed_and_is_told_when_the_key_is_back(published):
    async with receiving() as receiver:
        networks = {"webhook_private_networks": "127.0.0.0/8"}
        async with published.replica(seal_keys=OLD, **networks) as http:
            await published.publish(a_structure(code="root"))
            await published.settled()
            key = await a_key(published)
            webhook = await Subscriber(published, http, key).subscribe(receiver.url)
        async with published.replica(seal_keys=NEW, **networks) as http:
            await published.publish(a_figure(structure_code="root"))

            async def postponed():
                return await published.fetch(
                    "SELECT FROM webhooks WHERE next_call_at > now() + interval '1 minute' AND leased_until IS NULL"
                )

            await eventually(postponed, "the call to be put off")
            shown = await Subscriber(published, http, key).shown(webhook)
            assert (shown["state"], shown["failures"]) == ("active", 0)
        await published.fetch("UPDATE webhooks SET next_call_at = now()")
        async with published.replica(seal_keys=f"{NEW},{OLD}", **networks):
            (await receiver.called(1))[0].check(webhook["secret"])
