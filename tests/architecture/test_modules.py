"""The rules of the house about modules, names and imports that import-linter cannot say."""

import ast
import re
import sys
from pathlib import Path

import pytest

from spplus_contracts.topics import CANONICAL

ROOT = Path(__file__).parents[2]
MEMBERS = {
    "contracts": ROOT / "contracts" / "spplus_contracts",
    "chassis": ROOT / "services" / "chassis" / "spplus_chassis",
    "feedback": ROOT / "services" / "feedback" / "spplus_feedback",
    "indicators": ROOT / "services" / "indicators" / "spplus_indicators",
    "notifier": ROOT / "services" / "notifier" / "spplus_notifier",
    "embedded": ROOT / "deploy" / "embedded" / "spplus_embedded",
}
MODULES = sorted(path for member in MEMBERS.values() for path in member.rglob("*.py"))
SINKS = {"utils", "util", "common", "helpers", "helper", "core", "base", "misc", "manager", "managers", "shared"}
LONGEST_MODULE = 300
LONGEST_FUNCTION = 60
PURE = {
    "indicators": {"formulas", "intervals", "measures", "methods", "periods", "ledger", "contribution", "statements"},
    "feedback": {"deadlines", "idempotency", "standing", "structures"},
    "notifier": {"folding", "figure_key"},
}
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter", "getenv", "urandom", "uuid4", "random"}


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """Dotted names that a module imports; names taken from a module are `module.name`."""
    names = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_no_module_is_a_sink(path: Path) -> None:
    assert not {part.removesuffix(".py") for part in path.relative_to(ROOT).parts[2:]} & SINKS


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_a_module_and_its_functions_fit_a_screen(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE
    functions = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION]
    assert long == []


@pytest.mark.parametrize("path", sorted(MEMBERS["contracts"].rglob("*.py")), ids=label)
def test_contracts_import_pydantic_and_the_standard_library_only(path: Path) -> None:
    allowed = sys.stdlib_module_names | {"pydantic", "pydantic_core", "spplus_contracts"}
    assert {name.split(".")[0] for name in imported(path)} <= allowed


@pytest.mark.parametrize("path", sorted(MEMBERS["chassis"].rglob("*.py")), ids=label)
def test_the_chassis_knows_no_event_of_the_platform(path: Path) -> None:
    events = {topic.event.__name__ for topic in CANONICAL if topic.event is not None} | {"SingleAnswer", "BulkAnswers"}
    assert not {name.split(".")[-1] for name in imported(path)} & events


@pytest.mark.parametrize(
    "path",
    [MEMBERS[member] / f"{room}.py" for member, rooms in sorted(PURE.items()) for room in sorted(rooms)],
    ids=label,
)
def test_a_pure_room_reads_no_clock_environment_or_randomness(path: Path) -> None:
    calls = [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    assert not {call.attr for call in calls if isinstance(call, ast.Attribute)} & CLOCKS
    assert not {name.split(".")[0] for name in imported(path)} & {"os", "time", "random", "secrets", "socket"}


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_no_metric_is_made_outside_the_registry(path: Path) -> None:
    if path.name == "metrics.py":
        return
    kinds = {f"prometheus_client.{kind}" for kind in ("Counter", "Gauge", "Histogram", "Summary", "Info", "Enum")}
    assert not imported(path) & kinds


def test_every_metric_is_named_by_the_rule() -> None:
    text = (MEMBERS["chassis"] / "metrics.py").read_text(encoding="utf-8")
    made = re.findall(r"\b(Counter|Gauge|Histogram)\(\s*\"([^\"]+)\",\s*\"([^\"]+)\"", text)
    assert len(made) == len(re.findall(r"= (?:Counter|Gauge|Histogram)\(", text))
    units = "total|seconds|rows|records|bytes|count|ratio|timestamp_seconds"
    for kind, name, meaning in made:
        assert re.fullmatch(rf"spplus_[a-z]+(_[a-z]+)*_({units})", name), name
        assert name.endswith("_total") == (kind == "Counter"), name
        assert meaning, name
