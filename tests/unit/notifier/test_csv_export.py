"""The CSV: columns that people may rely on, cells that no spreadsheet calculates, the same numbers with a comma."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_notifier import csv_export, structures_csv
from spplus_notifier.open_data_page import KINDS, REASONS
from spplus_notifier.reasons import Why
from spplus_notifier.table_schema import FIELDS, STRUCTURE_FIELDS, VERSION
from tests.support.builders import a_figure

NUMBER = re.compile(r"-?\d+([.,]\d+)?(e-\d+)?")


def cells(text, names):
    return list(csv.DictReader(io.StringIO(text), fieldnames=names, delimiter=";", strict=True))


def test_columns_keep_their_names_and_order():
    """Programs of others read them: a column may be added at the end, with a new version of the schema."""
    assert csv_export.head() == (
        "\ufeffstructure_code;indicator_code;period_kind;period_start;period_end;status;value;unit;numerator;denominator;n;"
        "interval_low;interval_high;interval_method;provisional;revision;computed_at;tree_on;method_version;engagements\r\n"
    )
    assert structures_csv.head() == (
        "\ufeffcode;name;network;typology;department;post_code;town;parent_code;active;closed_on;successor_code\r\n"
    )
    assert VERSION == "1.0.0"


def test_page_explains_every_kind_of_column_and_every_reason():
    assert {field["type"] for field in FIELDS + STRUCTURE_FIELDS} <= set(KINDS)
    assert set(REASONS) == set(Why)


@given(st.floats(-100, 100, allow_subnormal=False), st.integers(0, 10**9))
def test_cell_is_no_formula_and_keeps_its_number_with_either_sign(value, count):
    figure = a_figure(value=value, unit="points", numerator=None, denominator=None, interval=None, n=count)
    [point] = cells(csv_export.rows([figure]), csv_export.COLUMNS)
    [comma] = cells(csv_export.rows([figure], decimal=csv_export.COMMA), csv_export.COLUMNS)
    assert float(point["value"]) == value == float(comma["value"].replace(",", "."))
    for cell in (*point.values(), *comma.values()):
        assert not cell.startswith(("=", "+", "@", "\t", "\r", "\n"))
        assert not cell.startswith("-") or NUMBER.fullmatch(cell)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_name_that_a_spreadsheet_would_calculate_is_put_as_text(sign):
    told = dict.fromkeys(structures_csv.COLUMNS) | {"code": "12345", "name": f'{sign}1;"x"\n', "active": True}
    [row] = cells(structures_csv.rows([told]), structures_csv.COLUMNS)
    assert row["name"] == f'\'{sign}1;"x"\n'
    assert (row["active"], row["closed_on"]) == ("true", "")
