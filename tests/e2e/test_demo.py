import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e


@pytest.mark.timeout(300)
def test_small_demo_ends_with_the_table_and_nothing_running(tmp_path):
    results = tmp_path / "demo.json"
    words = ["--feedbacks", "500", "--steady-seconds", "1", "--no-keep", "--json", str(results)]
    directory = tmp_path / "demo"
    ran = subprocess.run(
        [sys.executable, "-m", "spplus_embedded", "demo", *words, "--directory", str(directory)],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Région Val-de-Brume" in ran.stdout
    assert "stories read by a moderator and made public" in ran.stdout
    assert "pas assez de réponses" in ran.stdout
    assert "events per second end to end" in ran.stdout
    found = json.loads(results.read_text())
    region = next(one for one in found["structures"] if one["code"] == "VDB")
    assert region["figures"]["experience_count"]["value"] > 0
    assert found["figures_checked"] > 1000
    assert "Tous les indicateurs de la région" in ran.stdout
    assert {"experience_satisfaction", "on_time_rate", "pickup_rate"} <= set(found["region"])
    assert found["steady_stories"] == 200
    assert found["accepted_to_published_seconds"]["p95"] > 0
    assert not list(directory.rglob("*.pid"))


@pytest.mark.timeout(300)
def test_demo_interrupted_while_it_plays_leaves_nothing_behind(tmp_path):
    directory = tmp_path / "demo"
    words = ["--feedbacks", "20000", "--no-keep", "--directory", str(directory)]
    with subprocess.Popen(
        [sys.executable, "-m", "spplus_embedded", "demo", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as running:
        told = []
        for line in running.stdout:
            told.append(line)
            if line.startswith("ready after"):
                pids = {int(file.read_text().split()[0]) for file in directory.rglob("*.pid")}
                running.send_signal(signal.SIGINT)
        assert running.wait(120) == 130, "".join(told)
    assert len(pids) == 5
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
