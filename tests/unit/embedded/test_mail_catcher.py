"""The mail server of the platform on one machine: what it takes it keeps, with links to click."""

import aiosmtplib
import pytest

from spplus_embedded.mail_catcher import MailCatcher
from tests.support.mailbox import a_message

pytestmark = pytest.mark.asyncio


async def test_mails_are_kept_one_after_the_other_as_a_message_and_as_a_page(tmp_path):
    said = []
    for _start in range(2):
        catcher = MailCatcher(tmp_path / "mails", said.append)
        settings = await catcher.start()
        server = {"hostname": settings["SPPLUS_NOTIFIER_MAIL_HOST"], "port": int(settings["SPPLUS_NOTIFIER_MAIL_PORT"])}
        await aiosmtplib.sendmail("a@exemple.fr", ["b@exemple.fr"], a_message("Réponse"), **server, start_tls=False)
        await catcher.stop()
    assert sorted(file.name for file in (tmp_path / "mails").iterdir()) == [
        *("0001.eml", "0001.html", "0002.eml", "0002.html")
    ]
    assert "<p>Bonjour</p>" in (tmp_path / "mails/0002.html").read_text()
    assert said[1] == f"mail to b@exemple.fr: Réponse ({tmp_path / 'mails/0002.html'})"
