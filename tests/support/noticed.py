"""A citizen who asks the notifier to be told of an answer, with tickets that intake signs."""

import json
import uuid
from datetime import UTC, datetime

from cryptography.fernet import Fernet

from spplus_feedback.notices import NO_KEYS, Notices
from tests.support.mailbox import Mailbox

KEYS = NO_KEYS.turned()
NOTICES = Notices("http://127.0.0.1", KEYS)
SEAL_KEY = Fernet.generate_key().decode()


def mail_settings(mailbox: Mailbox, **changes: object) -> dict[str, object]:
    """Settings of a notifier that sends to this mailbox."""
    given = {
        "seal_keys": SEAL_KEY,
        "mail_host": "127.0.0.1",
        "mail_port": mailbox.port,
        "mail_security": "none",
        "mail_from": "Services publics <ne-pas-repondre@exemple.fr>",
        "public_url": "http://notifier.exemple.fr",
        "follow_url": "http://intake.exemple.fr/suivi",
        "notice_public_keys": json.dumps(KEYS.public()),
    }
    return given | changes


def a_ticket(*request_ids: str, feedback_id: str = "feedback-1", at: datetime | None = None) -> str:
    """As the intake's pages hold it; a new one each time."""
    return NOTICES.ticket(str(uuid.uuid4()), feedback_id, request_ids or ("request-1",), at or datetime.now(UTC))
