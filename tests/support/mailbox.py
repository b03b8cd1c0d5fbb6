"""A real mail server of the tests: it keeps what it accepts, and answers as it is told."""

import asyncio
import contextlib
import email
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.policy import default

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.support.waiting import eventually


def a_message(subject: str, recipient: str = "b@exemple.fr") -> bytes:
    """One with a text and a page."""
    message = EmailMessage(policy=SMTP_POLICY)
    message["To"], message["Subject"] = recipient, subject
    message.set_content("Bonjour\n", cte="quoted-printable")
    message.add_alternative("<p>Bonjour</p>\n", subtype="html", cte="quoted-printable")
    return message.as_bytes()


class Received:
    """One message that was accepted."""

    def __init__(self, recipient: str, content: bytes) -> None:
        self.recipient = recipient
        self.content = content
        message = email.message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.message = message

    @property
    def text(self) -> str:
        return self.message.get_body(("plain",)).get_content()

    @property
    def html(self) -> str:
        return self.message.get_body(("html",)).get_content()

    def link(self, page: str) -> str:
        """Path and query of the link to a page in the text."""
        [found] = set(re.findall(rf"http://\S+?(/(?:me-prevenir|messages)/{page}\?code=\S+)", self.text))
        return found

    @property
    def code(self) -> str:
        return self.link("arreter").partition("=")[2]


class Mailbox:
    """What the server holds and how it answers."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[Received] = []
        self.to_recipient: list[str] = []
        """Answers to the next recipients; all others are accepted."""
        self.to_message: list[str] = []
        """Answers to the next messages, after they were read; "hang up" gives none."""
        self.to_sender: list[str] = []
        """Answers to the next senders that are named."""
        self.connections = 0
        self.asked: list[str] = []
        """All recipients that were named."""
        self.signed_in: list[tuple[bytes, bool]] = []
        """Users that signed in, and whether under TLS."""

    async def handle_MAIL(self, _server, _session, envelope, address, options):  # noqa: N802 - named by aiosmtpd
        answer = self.to_sender.pop(0) if self.to_sender else "250 OK"
        if answer.startswith("2"):
            envelope.mail_from, envelope.mail_options = address, options
        return answer

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - named by aiosmtpd
        self.asked.append(address)
        if self.to_recipient:
            return self.to_recipient.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - named by aiosmtpd
        answer = self.to_message.pop(0) if self.to_message else "250 OK"
        if answer == "hang up":
            server.transport.abort()
            return "451 gone"
        if answer.startswith("2"):
            self.mails += [Received(recipient, envelope.content) for recipient in envelope.rcpt_tos]
        return answer

    def authenticate(self, _server, session, _envelope, _mechanism, auth_data):
        assert isinstance(auth_data, LoginPassword)
        good = auth_data.login == b"notifier" and auth_data.password == b"secret"
        self.signed_in.append((auth_data.login, session.ssl is not None))
        return AuthResult(success=good)

    async def has(self, count: int, seconds: float = 20) -> list[Received]:
        """The mails, once there are so many."""
        await eventually(lambda: self._at_least(count), f"{count} mails", seconds=seconds)
        return self.mails

    async def _at_least(self, count: int) -> bool:
        return len(self.mails) >= count


@asynccontextmanager
async def receiving_mails(tls: ssl.SSLContext | None = None) -> AsyncIterator[Mailbox]:
    """A server; with TLS it asks for STARTTLS, then for a password."""
    mailbox = Mailbox()
    secured = tls is not None

    def serve() -> SMTP:
        mailbox.connections += 1
        return SMTP(
            mailbox,
            loop=asyncio.get_running_loop(),
            tls_context=tls,
            require_starttls=secured,
            auth_required=secured,
            authenticator=mailbox.authenticate,
        )

    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 5)
