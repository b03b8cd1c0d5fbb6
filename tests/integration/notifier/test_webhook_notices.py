"""Whoever stands with a key as its contact is told by mail when one of its webhooks is not called any more."""

import pytest

from tests.support.builders import a_figure, a_structure
from tests.support.mailbox import receiving_mails
from tests.support.noticed import mail_settings
from tests.support.receiver import receiving
from tests.support.subscriber import Subscriber

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

CONTACT = "equipe.donnees@exemple.fr"


async def test_contact_of_the_key_is_told_once_that_its_webhook_was_disabled(published, command):
    _, key, _ = await command("key-create", "--name", "site de la région", "--contact", CONTACT)
    [stored] = await published.fetch("SELECT sealed_contact FROM webhook_keys")
    assert CONTACT.encode() not in stored["sealed_contact"]
    async with receiving() as receiver, receiving_mails() as mailbox:
        settings = mail_settings(mailbox, webhook_private_networks="127.0.0.0/8")
        async with published.replica(**settings) as http:
            await published.publish(a_structure(code="root"))
            await published.settled()
            subscriber = Subscriber(published, http, key)
            webhook = await subscriber.subscribe(receiver.url + "/secret-path")
            receiver.statuses = [410]
            await published.publish(a_figure(structure_code="root"))
            [notice] = await mailbox.has(1)
            assert notice.recipient == CONTACT
            assert notice.message["subject"] == "Votre système ne reçoit plus les résultats qui changent"
            assert notice.message["list-unsubscribe"] is None
            for said in (notice.text, notice.html):
                assert receiver.url.removeprefix("http://") in said
                assert f"/v1/webhooks/{webhook['webhook_id']}/enable" in said
                assert "site de la région" in said
                assert "secret-path" not in said
            await subscriber.becomes(webhook, state="disabled", disabled_for="gone")
            rows = await published.fetch("SELECT state FROM mails")
            assert len(rows) == 1


async def test_contact_can_be_changed_and_goes_with_the_key(published, command):
    await command("key-create", "--name", "one")
    assert (await command("key-contact", "1", "nobody"))[:2] == (1, "")
    assert (await command("key-contact", "1", CONTACT))[0] == 0
    assert "yes" in (await command("key-list"))[1]
    assert (await command("key-contact", "1"))[0] == 0
    assert "yes" not in (await command("key-list"))[1]
    await command("key-contact", "1", CONTACT)
    await command("key-revoke", "1")
    [row] = await published.fetch("SELECT sealed_contact FROM webhook_keys")
    assert row["sealed_contact"] is None
    assert (await command("key-contact", "1", CONTACT))[0] == 1
