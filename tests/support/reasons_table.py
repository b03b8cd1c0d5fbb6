"""Writes the reasons into the agencies' guide: `.venv/bin/python -m tests.support.reasons_table`."""

from pathlib import Path

from spplus_feedback.reasons import REASONS

GUIDE = Path(__file__).parents[2] / "docs" / "agencies.md"
_BEGIN, _END = "<!-- reasons -->\n", "<!-- end of reasons -->"


def table() -> str:
    rows = [f"| `{each.code}` | {each.meaning} | {each.remedy} | {', '.join(each.doors)} |" for each in REASONS]
    return "\n".join(["| reason | what is wrong | what to do | door |", "|---|---|---|---|", *rows]) + "\n"


def written(guide: str) -> str:
    """The guide with the table as it is now."""
    before, _, rest = guide.partition(_BEGIN)
    return before + _BEGIN + table() + _END + rest.partition(_END)[2]


if __name__ == "__main__":
    GUIDE.write_text(written(GUIDE.read_text()))
