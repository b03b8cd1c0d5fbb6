from pathlib import Path

import pytest
from pydantic import ValidationError

from spplus_embedded.databases import keep_passwords, url_of
from spplus_embedded.java import parse_version as java_version
from spplus_embedded.platform import render_environment
from spplus_embedded.postgres_programs import parse_version as postgres_version
from spplus_embedded.settings import UpSettings


def test_defaults_are_the_announced_doors(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in UpSettings.model_fields:
        monkeypatch.delenv(f"SPPLUS_UP_{name.upper()}", raising=False)
    settings = UpSettings()
    ports = (settings.feedback_port, settings.indicators_port, settings.notifier_port, settings.kafka_port)
    assert ports == (8001, 8002, 8003, 9092)
    assert settings.directory == Path(".spplus/up")


def test_environment_changes_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPPLUS_UP_KAFKA_PORT", "19092")
    assert UpSettings().kafka_port == 19092


def test_impossible_port_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPPLUS_UP_KAFKA_PORT", "70000")
    with pytest.raises(ValidationError, match="kafka_port"):
        UpSettings()


def test_platform_apart_keeps_off_the_usual_ports_and_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPPLUS_UP_KAFKA_PORT", "9092")
    settings = UpSettings.apart(tmp_path)
    assert (settings.kafka_port, settings.feedback_port) == (0, 0)
    assert settings.environment_file.parent == settings.directory == tmp_path


def test_every_setting_is_described() -> None:
    described = UpSettings.describe()
    assert all(f"SPPLUS_UP_{name.upper()} " in described for name in UpSettings.model_fields)
    assert "None" not in described


def test_passwords_are_kept_and_private(tmp_path: Path) -> None:
    file = tmp_path / "passwords.json"
    first = keep_passwords(file, ["feedback"])
    second = keep_passwords(file, ["feedback", "notifier"])
    assert second["feedback"] == first["feedback"] != second["notifier"]
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("admin", "expected"),
    [
        (
            "postgresql://postgres:p@127.0.0.1:5432/postgres",
            "postgresql://spplus_feedback:a%2Fb@127.0.0.1:5432/spplus_feedback",
        ),
        (
            "postgresql://u@db.example/x?ssl=require",
            "postgresql://spplus_feedback:a%2Fb@db.example/spplus_feedback?ssl=require",
        ),
    ],
)
def test_service_url_keeps_the_server_of_the_administrator(admin: str, expected: str) -> None:
    assert url_of(admin, "feedback", "a/b") == expected


def test_environment_file_has_one_setting_a_line() -> None:
    assert render_environment({"B": "2", "A": "1"}) == "A=1\nB=2\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [('openjdk version "25.0.2" 2026-01-20', 25), ('java version "1.8.0_292"', 8), ("garbage", None)],
)
def test_java_version_is_read(text: str, expected: int | None) -> None:
    assert java_version(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("postgres (PostgreSQL) 18.6", 18), ("postgres (PostgreSQL) 17beta1", 17), ("garbage", None)]
)
def test_postgres_version_is_read(text: str, expected: int | None) -> None:
    assert postgres_version(text) == expected
