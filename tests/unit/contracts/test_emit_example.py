"""The example that agencies copy emits what the platform reads."""

from typing import Any, Self

import pytest

from spplus_contracts import SingleAnswer, unwrap
from tests.support.builders import an_answer
from tests.support.examples import the_example


class RecordingProducer:
    """Keeps what would go to the bus."""

    sent: list[tuple[str, dict[str, Any]]]

    def __init__(self, **_settings: object) -> None:
        RecordingProducer.sent = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        return None

    async def send_and_wait(self, topic: str, **record: Any) -> None:
        self.sent.append((topic, record))


@pytest.mark.asyncio
async def test_an_emitted_event_is_read_back() -> None:
    producer = RecordingProducer()
    await the_example("emit").emit(producer, "caisse-regionale", an_answer())
    [(topic, record)] = producer.sent
    assert topic == "spplus.inbound.caisse-regionale.v1"
    assert record["key"] == an_answer().key.encode()
    envelope, data = unwrap(record["headers"], record["value"])
    assert (envelope.source, envelope.type) == ("caisse-regionale", SingleAnswer.TYPE)
    assert SingleAnswer.check_json(data) == an_answer()


@pytest.mark.asyncio
async def test_the_whole_example_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    example = the_example("emit")
    monkeypatch.setattr(example, "AIOKafkaProducer", RecordingProducer)
    await example.main("127.0.0.1:1", "caisse-regionale", "12345")
    [(_, record)] = RecordingProducer.sent
    assert SingleAnswer.check_json(record["value"]).structure_code == "12345"
