"""Each alert is sound, fires when it should and not before, and says where to read what to do."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
RUNBOOKS = ROOT / "docs" / "operations" / "runbooks.md"
FETCHED = ROOT / ".spplus" / "bin" / "promtool"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
CASES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts_test.yml").read_text(encoding="utf-8"))["tests"]


@pytest.fixture(scope="module")
def promtool() -> str:
    program = shutil.which("promtool") or (str(FETCHED) if FETCHED.exists() else None)
    if program is None:
        pytest.fail("promtool is missing, and without it no alert is checked: run `make promtool`")
    return program


@pytest.mark.parametrize("words", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")])
def test_promtool_finds_the_rules_sound_and_their_cases_true(promtool: str, words: tuple[str, ...]) -> None:
    run = subprocess.run([promtool, *words], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "SUCCESS" in run.stdout


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_alert_says_how_grave_it_is_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"]
    page, anchor = rule["annotations"]["runbook_url"].split("#")
    assert ROOT / page == RUNBOOKS
    assert anchor == rule["alert"].lower()


def test_each_alert_has_its_section_and_no_section_is_without_alert() -> None:
    sections = re.split(r"^## ", RUNBOOKS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert [section.split("\n")[0] for section in sections] == [rule["alert"] for rule in RULES]
    for section in sections:
        assert "**Means**" in section, section
        assert re.search(r"\*\*Look\*\*", section), section
        assert re.search(r"\*\*[Dd]o\*\*", section), section


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_alert_is_tried_while_it_is_quiet_and_while_it_fires(rule: dict[str, Any]) -> None:
    tried = [
        bool(case["exp_alerts"])
        for test in CASES
        for case in test["alert_rule_test"]
        if case["alertname"] == rule["alert"]
    ]
    assert set(tried) == {True, False}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_metric_of_an_alert_is_exported_with_the_labels_that_it_uses(rule: dict[str, Any]) -> None:
    made = (ROOT / "services/chassis/spplus_chassis/metrics.py").read_text(encoding="utf-8")
    known = {
        name: set(re.findall(r'"([a-z_]+)"', labels or "")) | {"job"}
        for name, labels in re.findall(r'\(\s*"(spplus_[a-z_]+)",\s*"[^"]*"(?:,\s*\[([^\]]*)\])?', made)
    }
    histograms = re.findall(r'Histogram\(\s*"(spplus_[a-z_]+)"', made)
    known |= {f"{name}_bucket": known[name] | {"le"} for name in histograms}
    used = re.findall(r"\b(?:spplus_[a-z_]+|up)\b", rule["expr"])
    assert used
    by = {label.strip() for labels in re.findall(r"by \(([^)]*)\)", rule["expr"]) for label in labels.split(",")}
    for name in used:
        labels = known.get(name, {"job"} if name == "up" else set())
        renamed = {"exported_job"} if name == "spplus_job_failures_total" else set()
        assert by <= labels | renamed, f"{name} has {labels}"
