"""The example that agencies copy emits what the platform reads."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import pytest

from spplus_contracts import SingleAnswer, unwrap
from tests.support.builders import an_answer

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "emit.py"


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


def the_example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("emit", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.asyncio
async def test_an_emitted_event_is_read_back() -> None:
    producer = RecordingProducer()
    await the_example().emit(producer, "caisse-regionale", an_answer())
    [(topic, record)] = producer.sent
    assert topic == "spplus.inbound.caisse-regionale.v1"
    assert record["key"] == an_answer().key.encode()
    envelope, data = unwrap(record["headers"], record["value"])
    assert (envelope.source, envelope.type) == ("caisse-regionale", SingleAnswer.TYPE)
    assert SingleAnswer.check_json(data) == an_answer()


@pytest.mark.asyncio
async def test_the_whole_example_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    example = the_example()
    monkeypatch.setattr(example, "AIOKafkaProducer", RecordingProducer)
    await example.main("127.0.0.1:1", "caisse-regionale", "12345")
    [(_, record)] = RecordingProducer.sent
    assert SingleAnswer.check_json(record["value"]).structure_code == "12345"
