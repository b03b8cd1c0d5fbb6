"""What the bench says of its goals, and whether its tables can be read."""

import json
import re
from io import StringIO

import pytest
from rich.console import Console

from tests.bench import results
from tests.bench.results import Goal, Report, Throughput


def _run():
    return Throughput("spplus-indicators", 300_000, 10.0, {"process": 3.0, "postgresql": 1.5}, {"process": 90}, 0.1)


@pytest.mark.parametrize(
    ("goal", "met"),
    [(Goal("ratio", 2.0, 2), True), (Goal("ratio", 1.9, 2), False), (Goal("ms", 300, 300, at_most=True), True)],
)
def test_a_goal_is_met_or_missed_and_says_so(goal, met):
    assert goal.met is met
    assert str(goal).endswith("met" if met else "MISSED")


def test_cpu_is_told_in_microseconds_an_event():
    assert _run().cpu == "10+5"
    assert _run().rate == 30_000


def test_a_wide_table_fits_a_hundred_columns():
    said = StringIO()
    columns = ("run", "counts", "events/s", "published/s", "ratio", "CPU us/event", "MB", "others")
    row = ["FastStream per message", "WRONG", "300,000", "300,000", "100.00", "1419+404+597", "1,000", "2.0"]
    report = Report("throughput", "Everything", columns, [row], "A legend. " * 30, [Goal("x", 1, 2)], ["a: 1, not 2"])
    results.show(Console(file=said, width=100), report)
    lines = said.getvalue().splitlines()
    assert max(map(len, lines)) <= 100
    assert "…" not in said.getvalue()
    assert any(re.search(r"WRONG.*a: 1, not 2", line) for line in lines)


def test_the_file_holds_runs_goals_and_the_machine(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "DIRECTORY", tmp_path)
    report = Report("throughput", "Everything", ("run",), [], goals=[Goal("x", 1, 2)], data=[_run().to_json()])
    written = json.loads(results.write_json([report], {"events": 3}, {"kafka": "4"}).read_text())
    assert written["machine"]["parts"] == {"kafka": "4"}
    assert written["machine"]["cores"] >= 1
    assert written["reports"][0]["goals"][0]["met"] is False
    assert written["reports"][0]["runs"][0]["events_per_second"] == 30_000
