"""The programs of all services have the same command for their dead letters."""

import json
import os
import subprocess
import sys

import pytest

from spplus_chassis.migrations import migrate
from tests.conftest import run_apart
from tests.support.settings_page import SERVICES

pytestmark = pytest.mark.integration


def dead_letters(service: str, url: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"spplus_{service}", "dead-letters", *words],
        env=os.environ | {f"SPPLUS_{service.upper()}_DATABASE_URL": url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("service", SERVICES)
def test_each_program_lists_its_dead_letters(service, database_url):
    unready = dead_letters(service, database_url, "list")
    assert (unready.returncode, f"spplus-{service} migrate" in unready.stderr) == (1, True)
    run_apart(migrate(database_url, f"spplus_{service}"))
    listed = dead_letters(service, database_url, "list", "--json")
    assert (listed.returncode, json.loads(listed.stdout)) == (0, {"counts": [], "letters": []})
    replayed = dead_letters(service, database_url, "replay", "--reason", "cycle", "--yes")
    assert (replayed.returncode, replayed.stderr) == (0, "no dead letter of this kind waits\n")


def test_a_database_that_is_away_is_said_in_words():
    away = dead_letters("indicators", "postgresql://nobody@127.0.0.1:1/nothing", "list")
    assert away.returncode == 1
    assert "the database cannot be reached" in away.stderr
    assert "Traceback" not in away.stderr
