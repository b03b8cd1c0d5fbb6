"""A log line never quotes a value."""

import json
import logging

from pydantic import BaseModel, ValidationError

from spplus_chassis import telemetry


class Person(BaseModel):
    age: int


def test_log_of_an_exception_names_its_class_and_place_but_not_its_message(capsys, monkeypatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    telemetry.configure("test", "INFO")
    try:
        Person(age="jeanne@example.org")
    except ValidationError:
        logging.getLogger("any").exception("it failed")
    line = json.loads(capsys.readouterr().out)
    assert line["error"] == "ValidationError"
    assert line["error_at"]
    assert "jeanne" not in json.dumps(line)


def test_description_of_an_infrastructure_fault_has_its_message():
    assert telemetry.describe(ConnectionRefusedError("port 5432")) == "ConnectionRefusedError: port 5432"
