"""The official experiences go out as they came in."""

import csv

import pytest

pytestmark = pytest.mark.open_data


def rows_of(path):
    """Rows by id, stripped and without empty cells."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    stripped = ({name: text.strip() for name, text in row.items() if text.strip()} for row in rows)
    return {row["ID expérience"]: row for row in stripped}


def test_export_holds_every_cell_of_the_official_file(imported, experiences_file, tmp_path):
    # Another test reads the same rows with dates in the older style: an import keeps the cells that it read last.
    imported.run("import-experiences", experiences_file, "--from-start")
    said = imported.run("export-experiences", tmp_path / "ours.csv")
    assert "800 experiences written" in said
    assert rows_of(tmp_path / "ours.csv") == rows_of(experiences_file)


def test_import_of_the_export_finds_everything_there(imported, tmp_path):
    imported.run("export-experiences", tmp_path / "ours.csv")
    said = imported.run("import-experiences", tmp_path / "ours.csv")
    assert "800" in next(line for line in said.splitlines() if "there already" in line)
