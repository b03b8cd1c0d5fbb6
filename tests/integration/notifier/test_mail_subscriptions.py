"""Figures of a structure by mail: each Monday where they changed, and when one changed clearly."""

from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from spplus_chassis.database import open_pool
from spplus_contracts.vocabulary import PeriodKind
from spplus_notifier.mail import jobs, telling
from spplus_notifier.mail.recipients import AddressMark
from spplus_notifier.mail.weekly import week_of
from spplus_notifier.resealing import reseal
from spplus_notifier.sealing import Sealer
from tests.support.builders import a_figure, a_rolling_figure, a_structure
from tests.support.mailbox import receiving_mails
from tests.support.noticed import SEAL_KEY, mail_settings
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

WHO = "awa.diop@exemple.fr"
NEXT_WEEK = week_of(datetime.now(UTC)) + timedelta(days=7)


@asynccontextmanager
async def reading(published, **settings):
    async with receiving_mails() as mailbox, published.replica(**mail_settings(mailbox, **settings)) as http:
        await published.publish(a_structure(code="office", name="Mairie de Villeneuve"))
        await published.settled()
        yield mailbox, http


async def leave(http, address=WHO, code="office"):
    return await http.post(f"/abonnement/{code}", data={"email": address})


async def subscribed(mailbox, http):
    assert (await leave(http)).status_code == 200
    [asked] = await mailbox.has(1)
    assert (await http.post(asked.link("confirmer"))).status_code == 200
    return asked


async def in_transactions(published, *works):
    async with await open_pool(published.database_url, 2) as pool:
        for work in works:
            async with pool.acquire() as connection, connection.transaction():
                await work(connection)


async def states(published):
    return [row["state"] for row in await published.fetch("SELECT state FROM mails ORDER BY made_at")]


async def test_digest_tells_each_week_once_what_changed_and_from_what(published):
    async with reading(published) as (mailbox, http):
        asked = await subscribed(mailbox, http)
        assert "Mairie de Villeneuve" in asked.text

        async def tell(connection):
            await telling.tell_week(connection, NEXT_WEEK)

        elsewhere = a_rolling_figure(date(2026, 11, 1), structure_code="elsewhere", n=77)
        await published.publish(elsewhere, a_rolling_figure(date(2026, 11, 1), structure_code="office", n=412))
        await published.settled()
        await in_transactions(published, tell, tell)
        digest = (await mailbox.has(2))[1]
        assert digest.message["subject"] == "Les chiffres de la semaine : Mairie de Villeneuve"
        assert "- Expériences positives : " in digest.text
        assert "sur 412" in digest.text
        assert "sur 77" not in digest.text
        assert "http://notifier.exemple.fr/structures/office" in digest.text
        assert digest.message["list-unsubscribe"].startswith("<http://notifier.exemple.fr/messages/arreter?code=")
        await eventually(lambda: all_sent(published, 2), "both to be sent")

        async def tell_later(connection):
            await telling.tell_week(connection, NEXT_WEEK + timedelta(days=7))

        await in_transactions(published, tell_later)
        assert await states(published) == ["sent", "sent"], "nothing changed in that week"


async def test_overdue_requests_are_told_each_week_as_long_as_they_stand(published):
    async with reading(published) as (mailbox, http):
        await subscribed(mailbox, http)
        late = {"indicator_code": "overdue_count", "unit": "count", "status": "ok", "interval": None}
        await published.publish(a_rolling_figure(structure_code="office", n=3, value=3.0, **late))
        await published.settled()

        async def tell(connection, weeks=0):
            await telling.tell_week(connection, NEXT_WEEK + timedelta(days=7 * weeks))

        await in_transactions(published, tell)
        first = (await mailbox.has(2))[1]
        assert (
            "3\xa0demandes attendent encore une réponse alors que le délai annoncé est passé (chiffre du " in first.text
        )
        assert "Aucun autre chiffre" in first.text
        await in_transactions(published, lambda connection: tell(connection, 1))
        second = (await mailbox.has(3))[2]
        assert "3\xa0demandes" in second.text
        assert "une semaine plus tôt" not in second.text
        await published.publish(a_rolling_figure(structure_code="office", revision=2, n=0, value=0.0, **late))
        await published.settled()
        await published.fetch("UPDATE changes SET recorded_at = now() + interval '16 days' WHERE data LIKE '%:0.0,%'")
        await in_transactions(published, *(lambda connection, n=n: tell(connection, n) for n in (2, 3)))
        last = (await mailbox.has(4))[3]
        assert "Aucune demande n'est en retard, contre 3 une semaine plus tôt" in last.text
        await eventually(lambda: all_sent(published, 4), "all to be sent, and none for the week after")


async def test_platform_that_was_down_for_weeks_sends_one_digest_late(published):
    async with reading(published) as (mailbox, http):
        await subscribed(mailbox, http)
        await published.publish(a_rolling_figure(structure_code="office", n=412))
        await published.settled()
        await published.fetch("UPDATE mail_subscriptions SET told_week = told_week - 21")

        async def tell(connection):
            await telling.tell_week(connection, NEXT_WEEK)

        await in_transactions(published, tell, tell)
        await mailbox.has(2)
        await eventually(lambda: all_sent(published, 2), "one digest to be sent")


async def test_consent_is_asked_for_again_after_a_year_and_silence_ends_it(published):
    async with reading(published) as (mailbox, http):
        await subscribed(mailbox, http)
        await ages(published, "confirmed_at", days=366)
        await forgotten(published)
        await forgotten(published)
        asked = (await mailbox.has(2))[1]
        assert "Mairie de Villeneuve" in asked.text
        opened = await http.get(asked.link("garder"))
        assert (opened.status_code, "Oui, continuer" in opened.text) == (200, True)
        await ages(published, "asked_again_at", days=29)
        await forgotten(published)
        kept = await http.post(asked.link("garder"))
        assert (kept.status_code, "Mairie de Villeneuve" in kept.text) == (200, True)
        await ages(published, "kept_at", days=366)
        await forgotten(published)
        asked = (await mailbox.has(3))[2]
        await ages(published, "asked_again_at", days=31)
        await forgotten(published)
        assert await published.fetch("SELECT FROM mail_subscriptions") == []
        assert (await http.post(asked.link("garder"))).status_code == 410
        await eventually(lambda: all_sent(published, 3), "all to be sent")


async def ages(published, column, *, days):
    rows = await published.fetch(
        f"UPDATE mail_subscriptions SET {column} = {column} - interval '{days} days' WHERE {column} IS NOT NULL "
        "RETURNING 1"
    )
    assert len(rows) == 1


async def forgotten(published):
    async with await open_pool(published.database_url, 2) as pool, pool.acquire() as connection:
        await jobs.forget(connection, timedelta(days=30))


async def all_sent(published, count):
    return await states(published) == ["sent"] * count


def a_month(start, end, value, low, high):
    period = {"kind": "month", "start": start, "end": end}
    interval = {"low": low, "high": high, "method": "wilson"}
    return a_figure(structure_code="office", period=period, value=value, interval=interval, n=200)


async def test_clear_change_of_a_closed_month_is_told_once(published):
    async with reading(published) as (mailbox, http):
        await subscribed(mailbox, http)
        await published.fetch("UPDATE mail_subscriptions SET confirmed_at = '2026-03-15'")
        await published.publish(
            a_month(date(2026, 2, 1), date(2026, 3, 1), 0.5, 0.4, 0.6),
            a_month(date(2026, 3, 1), date(2026, 4, 1), 0.8, 0.7, 0.9),
        )
        await published.settled()

        async def tell(connection):
            now = datetime(2026, 4, 10, tzinfo=UTC)
            await telling.tell_changes(connection, PeriodKind.MONTH, now, telling.NOBODY)

        await in_transactions(published, tell, tell)
        told = (await mailbox.has(2))[1]
        assert told.message["subject"] == "Un résultat a nettement changé : Mairie de Villeneuve"
        assert "en mars 2026" in told.text
        await eventually(lambda: all_sent(published, 2), "both to be sent")


async def test_whoever_ends_it_is_forgotten_and_nobody_is_told_that_an_address_is_known(published):
    async with reading(published) as (mailbox, http):
        asked = await subscribed(mailbox, http)
        again = await leave(http)
        assert (again.status_code, len(mailbox.mails)) == (200, 1)
        assert again.text == (await leave(http, "inconnue@exemple.fr")).text
        await mailbox.has(2)
        opened = await http.get(asked.link("arreter"))
        assert (opened.status_code, "Ne plus recevoir ces messages" in opened.text) == (200, True)
        assert (await http.post(asked.link("arreter"), data={"List-Unsubscribe": "One-Click"})).status_code == 200
        [row] = await published.fetch("SELECT count(*) AS kept FROM mail_subscriptions WHERE state = 'confirmed'")
        assert row["kept"] == 0
        assert (await http.post(asked.link("confirmer"))).status_code == 410


async def test_page_of_a_structure_offers_it_only_where_mails_are_sent(published):
    async with reading(published) as (_mailbox, http):
        assert "/abonnement/office" in (await http.get("/structures/office")).text
        assert (await http.get("/abonnement/office")).status_code == 200
        assert (await http.get("/abonnement/nowhere")).status_code == 404
        assert (await leave(http, "awa")).status_code == 422
    async with published.replica(name="2") as http:
        assert "/abonnement/office" not in (await http.get("/structures/office")).text
        assert (await http.get("/abonnement/office")).status_code == 503


async def test_beyond_the_limit_of_an_hour_nobody_is_asked(published):
    async with reading(published) as (mailbox, http):
        await published.fetch("INSERT INTO opt_in_mails (address_hash) SELECT sha256('x') FROM generate_series(1, 500)")
        assert (await leave(http)).status_code == 503
        assert mailbox.mails == []


async def test_bounce_ends_the_subscription(published):
    async with reading(published) as (mailbox, http):
        mailbox.to_recipient = ["550 nobody"]
        await leave(http)

        async def bounced():
            return await states(published) == ["bounced"]

        await eventually(bounced, "the mail to bounce")
        assert await published.fetch("SELECT FROM mail_subscriptions") == []


async def test_after_a_change_of_keys_an_address_still_subscribes_once(published):
    newest = Fernet.generate_key().decode()
    async with reading(published) as (mailbox, http):
        await subscribed(mailbox, http)
        await eventually(lambda: all_sent(published, 1), "the mail to be sent")
        async with await open_pool(published.database_url, 2) as pool:
            both = Sealer([newest, SEAL_KEY])
            await jobs.mark_anew(pool, both, AddressMark(newest))
            assert await reseal(pool, both) == 1
    async with receiving_mails() as mailbox, published.replica(**mail_settings(mailbox, seal_keys=newest)) as http:
        assert (await leave(http)).status_code == 200
        assert await states(published) == ["sent"]
