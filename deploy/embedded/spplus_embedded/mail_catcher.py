"""A mail server for one machine: it keeps each mail as files to look at, and sends none."""

import asyncio
from collections.abc import Callable, Mapping
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Final, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from spplus_embedded.ports import HOST

_SENDER: Final = "Services publics <ne-pas-repondre@spplus.invalid>"


class MailCatcher:
    """Listens while the platform runs. A mail is kept as `0001.eml`, and as `0001.html` with links to click."""

    def __init__(self, directory: Path, announce: Callable[[str], None]) -> None:
        self._directory = directory
        self._announce = announce
        self._server: asyncio.Server | None = None

    async def start(self) -> Mapping[str, str]:
        """Listen on a free port; the settings by which the notifier sends its mails here."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, loop=loop), HOST, 0)
        return {
            "SPPLUS_NOTIFIER_MAIL_HOST": HOST,
            "SPPLUS_NOTIFIER_MAIL_PORT": str(self._server.sockets[0].getsockname()[1]),
            "SPPLUS_NOTIFIER_MAIL_SECURITY": "none",
            "SPPLUS_NOTIFIER_MAIL_FROM": _SENDER,
            **dict.fromkeys(("SPPLUS_NOTIFIER_MAIL_USER", "SPPLUS_NOTIFIER_MAIL_PASSWORD"), ""),
        }

    async def stop(self) -> None:
        """Listen no more; what was caught stays."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        """Keep the mail."""
        message = message_from_bytes(cast("bytes", envelope.content), policy=default)
        name = f"{sum(1 for _ in self._directory.glob('*.eml')) + 1:04}"
        page = message.get_body(("html",))
        if page is not None:
            self._directory.joinpath(f"{name}.html").write_text(page.get_content(), encoding="utf-8")
        file = self._directory / f"{name}.eml"
        file.write_bytes(cast("bytes", envelope.content))
        self._announce(f"mail to {message['to']}: {message['subject']} ({file.with_suffix('.html')})")
        return "250 kept"
