"""A receiver of webhooks: checks who calls, and holds the newest revision of each figure. Standard library only.

Run: WEBHOOK_SECRET=whsec_... python receive_webhook.py 8080     (behind a proxy that does TLS)
"""

import base64
import hmac
import json
import os
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MOST_SECONDS_OLD = 300


def is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a message comes from who gave us the secret, just now. `body` is what came, byte for byte."""
    message_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent_at.isdecimal() or abs(time.time() - int(sent_at)) > MOST_SECONDS_OLD:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{sent_at}.".encode() + body, "sha256")
    expected = b"v1," + base64.b64encode(digest)
    signatures = headers.get("webhook-signature", "").encode().split()  # two while the secret is changed
    return any(hmac.compare_digest(expected, signature) for signature in signatures)


class Figures:
    """The figures that stand. A message that comes twice changes nothing the second time."""

    def __init__(self) -> None:
        """Start empty; subscribe with `send_current` to be told all that stands."""
        self.standing: dict[tuple[str, ...], dict[str, object]] = {}

    def take(self, message: dict) -> None:
        """Apply one message; one of another type (a test) tells nothing."""
        for figure in message["data"].get("figures", []):
            period = figure["period"]
            start = "latest" if period["kind"] == "rolling_12" else period["start"]
            self.standing[figure["structure_code"], figure["indicator_code"], period["kind"], start] = figure
            print("figure", figure["structure_code"], figure["indicator_code"], figure["revision"], flush=True)
        for gone in message["data"].get("removed", []):
            key = gone["structure_code"], gone["indicator_code"], gone["period_kind"], gone["period_start"]
            self.standing.pop(key, None)
            print("removed", *key, flush=True)


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 once the message is dealt with: what is answered otherwise is sent again."""

    figures = Figures()

    def do_POST(self) -> None:
        """Take one message."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        signed = is_signed(os.environ["WEBHOOK_SECRET"], self.headers, body)
        if signed:
            self.figures.take(json.loads(body))
        self.send_response(204 if signed else 401)
        self.end_headers()


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
