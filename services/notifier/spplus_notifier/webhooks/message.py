"""A message as Standard Webhooks wants it (https://www.standardwebhooks.com): its body, its signatures. Pure."""

import base64
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from standardwebhooks import Webhook

from spplus_contracts.envelope import instant_text
from spplus_notifier.figure_key import parse_key

FIGURES: Final = "fr.spplus.indicators.changed.v1"
TEST: Final = "fr.spplus.webhook.test.v1"
_SECRET_BYTES: Final = 32


def new_secret(random_bytes: bytes) -> str:
    """A secret as its owner is shown it, made of 32 random bytes."""
    if len(random_bytes) != _SECRET_BYTES:
        raise ValueError("a secret has 32 bytes")
    return "whsec_" + base64.b64encode(random_bytes).decode()


def figures_body(figures: Iterable[str], removed: Iterable[str], now: datetime) -> str:
    """The body that tells figures: `figures` are IndicatorComputed as JSON, `removed` keys of figures taken off."""
    gone = json.dumps([_named(key) for key in removed], separators=(",", ":"))
    # The stored JSON goes out as it is: it was written by the contract's own model.
    return (
        f'{{"type":"{FIGURES}","timestamp":"{instant_text(now)}",'
        f'"data":{{"figures":[{",".join(figures)}],"removed":{gone}}}}}'
    )


def test_body(now: datetime) -> str:
    """The body that tells nothing: it tries the way."""
    return f'{{"type":"{TEST}","timestamp":"{instant_text(now)}","data":{{}}}}'


def signed_headers(message_id: str, now: datetime, body: str, secrets: Sequence[str]) -> dict[str, str]:
    """Headers of one call. Signed with each secret that is valid, so that a receiver may change over in its own time.

    `now` is the instant of this call, not of the message: receivers refuse old ones.
    """
    signatures = [Webhook(secret).sign(message_id, now, body) for secret in secrets]
    return {
        "content-type": "application/json",
        "user-agent": "spplus-webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _named(figure_key: str) -> dict[str, str]:
    key = parse_key(figure_key)
    return {
        "structure_code": key.structure_code,
        "indicator_code": key.indicator_code,
        "period_kind": key.period_kind,
        "period_start": key.start,
    }
