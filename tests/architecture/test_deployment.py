"""The container files are valid, and every setting, port, command and file that they name exists in the code."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.settings_page import SERVICES, variables

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "spplus:local"}
PASSWORDS = ("SPPLUS_FEEDBACK_PASSWORD", "SPPLUS_INDICATORS_PASSWORD", "SPPLUS_NOTIFIER_PASSWORD")


def test_the_compose_file_fits_its_specification() -> None:
    program = Path(sys.executable).parent / "check-jsonschema"
    run = subprocess.run(
        [program, "--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_each_setting_of_a_service_exists_and_is_accepted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SERVICES[name]
    for container in (name, f"{name}-migrate"):
        environment: dict[str, str] = OURS[container]["environment"]
        assert set(environment) <= set(variables(settings))
        for variable, value in environment.items():
            monkeypatch.setenv(variable, value)
        read = settings(_env_file=None)  # type: ignore[call-arg] - the environment gives the rest
        assert read.http_port == settings.model_fields["http_port"].default
        assert read.kafka_bootstrap_servers == "kafka:9093"


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_reached_and_watched_on_its_own_port(name: str) -> None:
    port = SERVICES[name].model_fields["http_port"].default
    assert OURS[name]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f"http://127.0.0.1:{port}/readyz" in OURS[name]["healthcheck"]["test"][-1]
    assert str(port) in re.findall(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE)[0].split()


@pytest.mark.parametrize("name", OURS)
def test_each_command_exists(name: str) -> None:
    program, *words = OURS[name]["command"]
    scripts = {}
    for project in (ROOT / "services").glob("*/pyproject.toml"):
        scripts |= tomllib.loads(project.read_text(encoding="utf-8"))["project"].get("scripts", {})
    assert program in {*scripts, "python"}
    command = [Path(sys.executable).parent / program, *words, "--help"]
    environment = os.environ | {"SPPLUS_FEEDBACK_DATABASE_URL": "postgresql://nowhere"}
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    assert run.returncode == 0, run.stderr
    assert "usage:" in run.stdout


def test_each_container_waits_for_what_it_needs() -> None:
    for name in SERVICES:
        needed = {other: how["condition"] for other, how in OURS[name]["depends_on"].items()}
        done = "service_completed_successfully"
        assert needed == {"topics": done, f"{name}-migrate": done}
        assert OURS[f"{name}-migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert OURS["topics"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}


def test_kafka_has_one_name_for_each_listener_and_makes_no_topic_by_itself() -> None:
    said = COMPOSE["services"]["kafka"]["environment"]
    listeners = dict(re.findall(r"([A-Z]+)://[^:,]*:(\d+)", said["KAFKA_LISTENERS"]))
    assert set(listeners) == set(re.findall(r"([A-Z]+):PLAINTEXT", said["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"]))
    assert said["KAFKA_CONTROLLER_QUORUM_VOTERS"] == f"1@kafka:{listeners['CONTROLLER']}"
    assert f"INSIDE://kafka:{listeners['INSIDE']}" in said["KAFKA_ADVERTISED_LISTENERS"]
    assert said["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_every_secret_is_asked_for_and_none_is_shipped() -> None:
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / "deploy" / "compose.env").read_text(), re.MULTILINE))
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", (ROOT / "docker-compose.yml").read_text()))
    assert asked == set(example) == {"KAFKA_CLUSTER_ID", "POSTGRES_PASSWORD", *PASSWORDS}
    assert [name for name, value in example.items() if value and name.endswith("PASSWORD")] == []


def test_the_init_script_knows_every_service_and_nothing_more() -> None:
    script = (ROOT / "deploy" / "postgres" / "init.sh").read_text(encoding="utf-8")
    assert re.findall(r"for service in (.*); do", script) == [" ".join(SERVICES)]
    assert "NOSUPERUSER" in script
    mounted = [volume.split(":")[0] for volume in COMPOSE["services"]["postgres"]["volumes"] if volume[0] == "."]
    assert [(ROOT / path).is_file() for path in mounted] == [True]


def test_what_is_installed_can_write_parquet() -> None:
    """The image and the platform on one machine take what this lock names: the extra of the publication is in it."""
    notifier = tomllib.loads((ROOT / "services" / "notifier" / "pyproject.toml").read_text(encoding="utf-8"))
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for needed in notifier["project"]["optional-dependencies"]["parquet"]:
        name = re.split(r"[<>=;\[ ]", needed)[0]
        assert re.search(rf"^{re.escape(name)}==", locked, re.MULTILINE), name


def test_the_image_is_built_from_what_exists_and_runs_without_privileges() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+) \S+$", DOCKERFILE, re.MULTILINE)
    installed = re.findall(r"(?<= )\./(\S+)", DOCKERFILE)
    assert copied == ["requirements.lock", "contracts", "services"]
    assert installed == ["contracts", *(f"services/{name}" for name in ("chassis", *SERVICES))]
    assert all((ROOT / name).exists() for name in copied + installed)
    assert all(f"!{name}" in (ROOT / ".dockerignore").read_text().splitlines() for name in copied)
    assert "--require-hashes" in DOCKERFILE
    assert DOCKERFILE.rindex("USER 10001:10001") > DOCKERFILE.rindex("FROM")
    images = [
        *re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE),
        *(s["image"] for s in COMPOSE["services"].values()),
    ]
    assert [image for image in images if ":" not in image or image.endswith(":latest")] == []
