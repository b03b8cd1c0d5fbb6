"""A letter as a message of the mail: text and HTML, with the headers that let a reader end it."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from spplus_notifier.mail.letters import Letter


def message_of(letter: Letter, *, mail_id: str, sender: Address, recipient: str, now: datetime) -> bytes:
    """The message in ASCII. Its Message-ID comes from the mail: sent again, it is the same message."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{mail_id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if letter.stop is not None:
        message["List-Unsubscribe"] = f"<{letter.stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text(), cte="quoted-printable")
    message.add_alternative(letter.html(), subtype="html", cte="quoted-printable")
    return message.as_bytes()
