"""How another agency's system posts its events over HTTP: nothing to install, safe to repeat.

Run: SPPLUS_KEY=spplus_... python post_events.py https://avis.example my-source 12345
"""

import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request

BUSY = {429, 500, 502, 503, 504}


def post_events(url: str, key: str, events: list[dict], pauses: tuple[float, ...] = (1, 5, 30, 60, 300)) -> list[dict]:
    """Post up to 1,000 events; returns what became of each. Tries again with the same ids, so nothing counts twice."""
    headers = {"Content-Type": "application/cloudevents-batch+json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(f"{url}/v1/events", json.dumps(events).encode(), headers)  # noqa: S310 - your address
    for pause in (*pauses, None):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
                return json.load(answer)["results"]
        except (OSError, http.client.HTTPException) as error:  # also no answer: the events may have been taken
            if pause is None or (isinstance(error, urllib.error.HTTPError) and error.code not in BUSY):
                raise
        time.sleep(pause)
    return []


def main(url: str, source: str, structure: str) -> None:
    """Tell that letter 4711, received on 2 November, was answered on the 12th. The id comes from our own register."""
    answer = {"form": "single", "request_id": "letter-4711", "request_kind": "letter", "structure_code": structure,
              "channel": "mail", "received_at": "2026-11-02T09:00:00+01:00",
              "outcome": "answered", "answered_at": "2026-11-12T16:30:00+01:00"}  # fmt: skip
    event = {"specversion": "1.0", "id": "letter-4711-answered", "source": source,
             "type": "fr.spplus.request.answered.v1", "time": "2026-11-12T16:30:00+01:00", "data": answer}  # fmt: skip
    for result in post_events(url, os.environ["SPPLUS_KEY"], [event]):
        print(result["id"], result["status"], result.get("reason", ""), result.get("errors", ""))


if __name__ == "__main__":
    main(*sys.argv[1:4])
