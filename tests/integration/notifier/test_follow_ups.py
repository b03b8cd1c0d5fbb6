"""Being told of the answer: consent in two steps, the address sealed and forgotten, each mail once."""

import asyncio
import re
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from spplus_chassis.database import open_pool
from spplus_notifier.__main__ import main
from spplus_notifier.mail import jobs
from spplus_notifier.resealing import reseal
from spplus_notifier.sealing import Sealer
from tests.support.builders import a_withdrawal, an_answer
from tests.support.certificates import HOST, Authority
from tests.support.mailbox import receiving_mails
from tests.support.noticed import SEAL_KEY, a_ticket, mail_settings
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

WHO = "awa.diop@exemple.fr"


class Citizen:
    """Somebody with a browser and a mailbox."""

    def __init__(self, published, http, mailbox):
        self.published, self.http, self.mailbox = published, http, mailbox

    async def leave(self, address=WHO, ticket=None):
        return await self.http.post("/me-prevenir", data={"ticket": ticket or a_ticket(), "email": address})

    async def press(self, mail, page):
        return await self.http.post(f"/me-prevenir/{page}", data={"code": mail.code})

    async def subscribed(self, **asked):
        """Address left and confirmed; the mail that asked."""
        before = len(self.mailbox.mails)
        assert (await self.leave(**asked)).status_code == 200
        mail = (await self.mailbox.has(before + 1))[before]
        assert (await self.press(mail, "confirmer")).status_code == 200
        return mail

    async def heard(self, *events):
        await self.published.publish(*events)
        await self.published.settled()

    async def states(self):
        return [row["state"] for row in await self.published.fetch("SELECT state FROM mails ORDER BY made_at, cause")]

    async def becomes(self, *states):
        async def so():
            return await self.states() == list(states)

        await eventually(so, f"the mails to be {states}")

    async def addresses_kept(self):
        rows = await self.published.fetch(
            "SELECT (SELECT count(sealed_recipient) FROM follow_ups) + (SELECT count(sealed_recipient) FROM mails) AS n"
        )
        return rows[0]["n"]


@asynccontextmanager
async def citizen_of(published, **settings):
    async with receiving_mails() as mailbox, published.replica(**mail_settings(mailbox, **settings)) as http:
        yield Citizen(published, http, mailbox)


async def test_citizen_is_told_once_of_the_answer_and_the_address_is_forgotten(published):
    async with citizen_of(published) as citizen:
        asked = await citizen.subscribed()
        await citizen.heard(an_answer("acknowledged"), an_answer(), an_answer())
        told = (await citizen.mailbox.has(2))[1]
        assert (asked.recipient, told.recipient) == (WHO, WHO)
        assert told.message["subject"] == "Un service public vous a répondu"
        assert "http://intake.exemple.fr/suivi" in told.text
        assert "http://intake.exemple.fr/suivi" in told.html
        await citizen.becomes("sent", "sent")
        assert await citizen.addresses_kept() == 0


async def test_nothing_is_sent_without_the_button_and_opening_the_link_is_not_pressing_it(published):
    async with citizen_of(published) as citizen:
        await citizen.leave()
        [asked] = await citizen.mailbox.has(1)
        opened = await citizen.http.get(asked.link("confirmer"))
        assert (opened.status_code, "Oui, me prévenir" in opened.text) == (200, True)
        assert (opened.headers["referrer-policy"], opened.headers["cache-control"]) == ("no-referrer", "no-store")
        await citizen.heard(an_answer())
        await citizen.becomes("sent")
        assert (await citizen.press(asked, "confirmer")).status_code == 200
        assert (await citizen.mailbox.has(2))[1].message["subject"] == "Un service public vous a répondu"


async def test_answer_between_the_ticket_and_the_address_is_not_missed(published):
    async with citizen_of(published) as citizen:
        ticket = a_ticket()
        await citizen.heard(an_answer())
        await citizen.subscribed(ticket=ticket)
        assert (await citizen.mailbox.has(2))[1].message["subject"] == "Un service public vous a répondu"


async def test_each_request_of_a_story_is_told(published):
    async with citizen_of(published) as citizen:
        await citizen.subscribed(ticket=a_ticket("request-1", "request-2"))
        await citizen.heard(an_answer())
        await citizen.becomes("sent", "sent")
        assert await citizen.addresses_kept() == 1
        await citizen.heard(an_answer("closed_unanswered", request_id="request-2"))
        subjects = [mail.message["subject"] for mail in await citizen.mailbox.has(3)]
        assert subjects[1:] == ["Un service public vous a répondu", "Votre expérience ne recevra pas de réponse"]
        await citizen.becomes("sent", "sent", "sent")
        assert await citizen.addresses_kept() == 0


async def test_another_agency_s_request_of_the_same_name_is_not_theirs(published):
    async with citizen_of(published) as citizen:
        await citizen.subscribed()
        await citizen.becomes("sent")
        await citizen.heard(an_answer(request_source="agency"))
        assert await citizen.states() == ["sent"]


async def test_author_who_takes_the_story_back_hears_no_more(published):
    async with citizen_of(published) as citizen:
        await citizen.subscribed()
        await citizen.becomes("sent")
        await citizen.heard(a_withdrawal(), an_answer())
        assert await citizen.states() == ["sent"]
        assert await citizen.published.fetch("SELECT FROM follow_ups") == []
        await citizen.leave(ticket=a_ticket())
        assert await citizen.states() == ["sent"]


async def test_refused_story_is_told_without_a_reason(published):
    async with citizen_of(published) as citizen:
        await citizen.subscribed(ticket=a_ticket("request-1", "request-2"))
        await citizen.heard(*(a_withdrawal(request_id=f"request-{n}", reason="moderation") for n in (1, 2)))
        await citizen.becomes("sent", "sent")
        assert "n'a pas été retenue" in citizen.mailbox.mails[1].text


async def test_mail_says_nothing_of_the_story_and_can_be_ended_by_the_reader_itself(published):
    async with citizen_of(published) as citizen:
        ticket = a_ticket()
        asked = await citizen.subscribed(ticket=ticket)
        await citizen.becomes("sent")
        message = asked.message
        assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
        unsubscribe = message["list-unsubscribe"].strip("<>")
        assert unsubscribe.startswith("http://notifier.exemple.fr/me-prevenir/arreter?code=")
        assert message["auto-submitted"] == "auto-generated"
        assert re.fullmatch(r"<[0-9a-f-]{36}@exemple\.fr>", message["message-id"])
        assert {each.get_content_type() for each in message.iter_parts()} == {"text/plain", "text/html"}
        for part in (asked.text, asked.html):
            assert "request-1" not in part
            assert "feedback-1" not in part
            assert ticket not in part
        path = unsubscribe.removeprefix("http://notifier.exemple.fr")
        assert (await citizen.http.get(path)).status_code == 200
        assert await citizen.addresses_kept() == 1
        assert (await citizen.http.post(path, data={"List-Unsubscribe": "One-Click"})).status_code == 200
        await citizen.heard(an_answer())
        assert await citizen.addresses_kept() == 0
        assert await citizen.states() == ["sent"]


async def test_limits_of_a_day_and_one_confirmed_address_are_kept_without_saying_so(published):
    async with citizen_of(published) as citizen:
        ticket = a_ticket()
        pages = [await citizen.leave(ticket=ticket), await citizen.leave(ticket=ticket, address="autre@exemple.fr")]
        pages += [await citizen.leave(WHO.upper().replace("EXEMPLE.FR", "exemple.fr"), a_ticket("b", feedback_id="b"))]
        pages += [await citizen.leave(ticket=a_ticket("c", feedback_id="c"))]
        await citizen.mailbox.has(2)
        await citizen.becomes("sent", "sent")
        await citizen.press(citizen.mailbox.mails[0], "confirmer")
        pages += [await citizen.leave("autre@exemple.fr")]
        assert {(page.status_code, page.text) for page in pages} == {(200, pages[0].text)}
        assert len(await citizen.states()) == 2


async def test_second_address_that_confirms_later_is_told_that_it_is_too_late(published):
    async with citizen_of(published) as citizen:
        await citizen.leave()
        await citizen.leave("autre@exemple.fr")
        first, second = await citizen.mailbox.has(2)
        assert (await citizen.press(first, "confirmer")).status_code == 200
        assert (await citizen.press(second, "confirmer")).status_code == 410
        await citizen.heard(an_answer())
        assert [mail.recipient for mail in await citizen.mailbox.has(3)] == [WHO, "autre@exemple.fr", first.recipient]


@pytest.mark.parametrize("ticket", ["", "a.b.c", "e30.e30.e30", "late", "altered"])
async def test_ticket_that_is_not_good_is_refused(published, ticket):
    if ticket == "late":
        ticket = a_ticket(at=datetime.now(UTC) - timedelta(hours=25))
    if ticket == "altered":
        head, _, signature = a_ticket().split(".")
        ticket = f"{head}.{a_ticket('mine').split('.')[1]}.{signature}"
    async with citizen_of(published) as citizen:
        answer = await citizen.leave(ticket=ticket or "x")
        assert (answer.status_code, "plus valable" in answer.text) == (422, True)


async def test_address_that_is_none_is_asked_for_again_with_the_ticket(published):
    async with citizen_of(published) as citizen:
        for typed in ("awa", "awa@exemple", 'a"<b>@exemple.fr', "a@exemple.fr\r\nBcc: b@exemple.fr"):
            answer = await citizen.leave(typed)
            assert answer.status_code == 422
            assert 'name="ticket"' in answer.text
        assert await citizen.states() == []


async def test_without_a_mail_server_the_door_says_so(published):
    async with published.replica() as http:
        answer = await http.post("/me-prevenir", data={"ticket": a_ticket(), "email": WHO})
        assert (answer.status_code, "pas en service" in answer.text) == (503, True)


async def test_refused_for_now_is_tried_again_and_sent_once(published):
    async with citizen_of(published) as citizen:
        citizen.mailbox.to_recipient = ["451 later"]
        citizen.mailbox.to_message = ["452 full"]
        await citizen.leave()
        for tries in (1, 2):
            await eventually(lambda tries=tries: tried(citizen, tries), "the mail to be tried")
            assert await citizen.states() == ["waiting"]
            await published.fetch("UPDATE mails SET next_try_at = now()")
        await citizen.becomes("sent")
        assert len(citizen.mailbox.mails) == 1


async def tried(citizen, times):
    [row] = await citizen.published.fetch("SELECT attempts, leased_until FROM mails")
    return row["attempts"] >= times and row["leased_until"] is None


async def test_bounce_ends_what_the_address_asked_for(published):
    async with citizen_of(published) as citizen:
        citizen.mailbox.to_recipient = ["550 nobody"]
        await citizen.leave()
        await citizen.becomes("bounced")
        assert await citizen.addresses_kept() == 0
        assert await published.fetch("SELECT FROM follow_ups") == []
        metrics = (await citizen.http.get("/metrics")).text
        assert 'spplus_mails_total{outcome="bounced"}' in metrics


async def test_mail_cut_off_on_its_way_is_never_sent_again_by_itself(published):
    async with citizen_of(published) as citizen:
        citizen.mailbox.to_message = ["hang up"]
        await citizen.leave()
        await citizen.becomes("uncertain")
        await published.fetch("UPDATE mails SET next_try_at = now()")
        await citizen.leave(ticket=a_ticket("b", feedback_id="b"))
        await citizen.becomes("uncertain", "sent")
        assert len(citizen.mailbox.mails) == 1


async def test_mail_server_with_starttls_and_a_password(published, tmp_path):
    authority = Authority(tmp_path)
    certificate, key = authority.issue(HOST)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    given = {"mail_security": "starttls", "mail_user": "notifier", "mail_password": "secret"}
    async with receiving_mails(context) as mailbox:
        settings = mail_settings(mailbox, **given, mail_ca_file=authority.file)
        async with published.replica(**settings) as http:
            await Citizen(published, http, mailbox).leave()
            await mailbox.has(1)
            assert mailbox.signed_in == [(b"notifier", True)]


async def test_server_that_nobody_vouches_for_gets_nothing(published, tmp_path):
    certificate, key = Authority(tmp_path).issue(HOST)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    given = {"mail_security": "starttls", "mail_user": "notifier", "mail_password": "secret"}
    async with receiving_mails(context) as mailbox, published.replica(**mail_settings(mailbox, **given)) as http:
        citizen = Citizen(published, http, mailbox)
        await citizen.leave()
        await eventually(lambda: tried(citizen, 1), "the mail to be tried")
        assert await citizen.states() == ["waiting"]
        assert (mailbox.signed_in, mailbox.asked) == ([], [])


async def test_addresses_are_sealed_anew_and_go_when_their_time_ends(published):
    async with citizen_of(published) as citizen:
        await citizen.subscribed()
        await citizen.becomes("sent")
        stored = await published.fetch("SELECT sealed_recipient FROM follow_ups")
        assert WHO.encode() not in stored[0]["sealed_recipient"]
        newest = Fernet.generate_key().decode()
        async with await open_pool(published.database_url, 2) as pool:
            assert await reseal(pool, Sealer([newest, SEAL_KEY])) == 1
            [row] = await published.fetch("SELECT sealed_recipient FROM follow_ups")
            assert WHO in Sealer([newest]).open(row["sealed_recipient"])
            await reseal(pool, Sealer([SEAL_KEY, newest]))
            await published.fetch("UPDATE follow_ups SET confirmed_at = now() - interval '31 days'")
            async with pool.acquire() as connection:
                await jobs.forget(connection, timedelta(days=30))
        assert (await citizen.mailbox.has(2))[1].message["subject"] == "Toujours pas de réponse à votre expérience"
        await citizen.becomes("sent", "sent")
        assert await citizen.addresses_kept() == 0


async def test_mail_whose_sender_died_is_sent_again_by_the_operator_alone(published, monkeypatch, capsys):
    async with citizen_of(published) as citizen:
        citizen.mailbox.to_message = ["hang up"]
        await citizen.leave()
        await citizen.becomes("uncertain")
        # What a process leaves that dies after its mark.
        await published.fetch("UPDATE mails SET state = 'sending', leased_until = now() - interval '1 second'")
        await citizen.becomes("uncertain")
        [row] = await published.fetch("SELECT mail_id::text FROM mails")
        monkeypatch.setenv("SPPLUS_NOTIFIER_DATABASE_URL", published.database_url)
        assert row["mail_id"] in await by_command(capsys, "list")
        await by_command(capsys, "resend", row["mail_id"])
        [mail] = await citizen.mailbox.has(1)
        assert mail.message["message-id"] == f"<{row['mail_id']}@exemple.fr>"
        assert "no such mail" in await by_command(capsys, "drop", row["mail_id"], status=1)


async def by_command(capsys, *words, status=0):
    def run():
        with pytest.raises(SystemExit) as ended:
            main(["mails", *words])
        return ended.value.code

    assert await asyncio.to_thread(run) == status
    said = capsys.readouterr()
    return said.out + said.err
