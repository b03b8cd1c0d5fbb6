"""The mail server of the platform on one machine: what it takes it keeps, with links to click."""

import asyncio

import aiosmtplib
import pytest

from spplus_embedded.mail_catcher import MailCatcher
from tests.support.mailbox import a_message
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio


async def alone():
    return asyncio.all_tasks() == {asyncio.current_task()}


async def test_mails_are_kept_one_after_the_other_as_a_message_and_as_a_page(tmp_path):
    said = []
    for _start in range(2):
        catcher = MailCatcher(tmp_path / "mails", said.append)
        settings = await catcher.start()
        server = {"hostname": settings["SPPLUS_NOTIFIER_MAIL_HOST"], "port": int(settings["SPPLUS_NOTIFIER_MAIL_PORT"])}
        message = {"sender": "a@exemple.fr", "recipients": ["b@exemple.fr"]}
        await aiosmtplib.send(a_message("Réponse"), **message, **server, start_tls=False)
        await eventually(alone, "the server to have ended the connection")
        await catcher.stop()
    assert sorted(file.name for file in (tmp_path / "mails").iterdir()) == [
        *("0001.eml", "0001.html", "0002.eml", "0002.html")
    ]
    assert "<p>Bonjour</p>" in (tmp_path / "mails/0002.html").read_text()
    assert said[1] == f"mail to b@exemple.fr: Réponse ({tmp_path / 'mails/0002.html'})"
