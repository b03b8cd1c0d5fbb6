"""Handing a message to the mail server, in two steps: all that may fail without harm, then the message itself."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPRecipientRefused

Security = Literal["starttls", "tls", "none"]
STEP_SECONDS: Final = 30.0
"""Longest that the server may take to answer one command."""
OPEN_SECONDS: Final = 90.0
"""Longest until a recipient is accepted."""
MESSAGE_SECONDS: Final = 60.0
"""Longest until a message is accepted."""
_GOODBYE_SECONDS: Final = 2.0
_PERMANENT: Final = 500


class RefusedError(Exception):
    """The server refused this recipient or this message; nothing was sent."""

    def __init__(self, code: int) -> None:
        super().__init__(f"SMTP {code}")
        self.code = code

    @property
    def permanent(self) -> bool:
        """Whether another try makes no sense."""
        return self.code >= _PERMANENT


class UnreachableError(Exception):
    """The server cannot be used now: away, or it refuses us. Nothing was sent."""


class UncertainError(Exception):
    """The connection broke while the message was on its way: nobody knows whether it was taken."""


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server that takes our mails."""

    host: str
    port: int
    security: Security
    user: str | None
    password: str | None
    authorities: Path | None
    """Certificates of those who vouch for it, where the system's do not."""

    def client(self) -> SMTP:
        """A connection, not yet opened."""
        secured = self.security != "none"
        return SMTP(
            hostname=self.host,
            port=self.port,
            username=self.user,
            password=self.password,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",
            tls_context=ssl.create_default_context(cafile=self.authorities) if secured else None,
            timeout=STEP_SECONDS,
        )


class Lines:
    """Connections to the server, kept for the next mail as long as mails follow each other."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._free: list[SMTP] = []

    @asynccontextmanager
    async def accepted(self, sender: str, recipient: str) -> AsyncIterator[SMTP]:
        """A connection whose server has accepted the recipient. Raises `RefusedError` and `UnreachableError`.

        It is kept where the mail was sent, and where the server said no to it and stayed.
        """
        client = await self._named(sender, recipient)
        try:
            yield client
        except RefusedError:
            await self._keep(client)
            raise
        except BaseException:
            client.close()
            raise
        await self._keep(client)

    async def rest(self) -> None:
        """Say goodbye on each: nothing is to be sent now."""
        while self._free:
            client = self._free.pop()
            with contextlib.suppress(SMTPException, OSError):
                async with asyncio.timeout(_GOODBYE_SECONDS):
                    await client.quit()
            client.close()

    async def _named(self, sender: str, recipient: str) -> SMTP:
        """One that has accepted the recipient: a kept one if it still stands, else a new one."""
        while self._free:
            client = self._free.pop()
            try:
                return await self._name(client, sender, recipient)
            except UnreachableError:  # it stood idle for too long, or has carried enough: nothing was sent
                continue
        return await self._name(self._server.client(), sender, recipient)

    async def _name(self, client: SMTP, sender: str, recipient: str) -> SMTP:
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                if not client.is_connected:
                    await client.connect()
                await client.mail(sender)
                await client.rcpt(recipient)
        except SMTPRecipientRefused as refused:
            await self._keep(client)
            raise RefusedError(refused.code) from None
        except (SMTPException, OSError, ValueError) as fault:  # TimeoutError is an OSError
            client.close()
            raise UnreachableError(str(fault) or type(fault).__name__) from None
        except BaseException:
            client.close()
            raise
        return client

    async def _keep(self, client: SMTP) -> None:
        try:
            await client.rset()
        except (SMTPException, OSError):
            client.close()
        else:
            self._free.append(client)


async def hand_over(client: SMTP, message: bytes) -> None:
    """Send the message. Raises `RefusedError` where the server said no, `UncertainError` where it said nothing."""
    try:
        async with asyncio.timeout(MESSAGE_SECONDS):
            await client.data(message)
    except SMTPDataError as refused:
        raise RefusedError(refused.code) from None
    except (SMTPException, OSError, ValueError) as fault:
        raise UncertainError(type(fault).__name__) from None
