"""What must hold for every text of the tree."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
    cwd=ROOT,
    check=True,
    capture_output=True,
    text=True,
).stdout.split("\0")
TEXTS = [
    path
    for name in sorted(filter(None, TRACKED))
    if (path := ROOT / name).is_file() and path.suffix not in {".png", ".jpg", ".woff2", ".ttf", ".ico", ".gz", ".zip"}
]
LOCKS = [ROOT / name for name in ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock")]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))

REGISTRIES = re.compile(
    r"https?://[^\s\"')]*\b(pypi|pythonhosted|npmjs|yarnpkg|repo\d*\.maven|maven\.org|mirror|artifactory|nexus)[^\s]*",
    re.IGNORECASE,
)
LOOSE_ENDS = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_text_names_the_address_of_a_package_registry() -> None:
    found = {label(path): REGISTRIES.findall(path.read_text(encoding="utf-8")) for path in TEXTS}
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_no_loose_end_is_left() -> None:
    found = {label(path): LOOSE_ENDS.findall(path.read_text(encoding="utf-8")) for path in TEXTS if path not in LOCKS}
    assert {name: hits for name, hits in found.items() if hits} == {}


@pytest.mark.parametrize("path", LOCKS, ids=label)
def test_every_locked_package_has_hashes(path: Path) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", path.read_text(encoding="utf-8").strip())
    assert entries
    assert [entry.split("==")[0] for entry in entries if "--hash=sha256:" not in entry or "==" not in entry] == []


@pytest.mark.parametrize("path", DECISIONS, ids=label)
def test_a_decision_is_dated_and_says_when_to_think_again(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.match(r"\d{4}-\d{2}-\d{2}-[a-z0-9-]+\.md", path.name)
    assert text.startswith("# ")
    assert path.name[:10] in text.splitlines()
    assert re.search(r"^\*\*Revisit when\*\*", text, re.MULTILINE)


def test_links_between_papers_lead_somewhere() -> None:
    link = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#:\s]+)(?:#[^)]*)?\)")
    papers = [path for path in TEXTS if path.suffix == ".md"]
    targets = [(paper, target) for paper in papers for target in link.findall(paper.read_text(encoding="utf-8"))]
    assert targets
    assert [(label(paper), target) for paper, target in targets if not (paper.parent / target).exists()] == []
