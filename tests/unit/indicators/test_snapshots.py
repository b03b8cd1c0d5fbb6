"""What an operator means by an instant, and how rows are written down."""

import io
import json
from datetime import UTC, datetime

import pytest

from spplus_indicators.reports import report_in
from spplus_indicators.snapshots import instant_of


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-03-20", datetime(2026, 3, 20, 22, 59, 59, 999999, tzinfo=UTC)),
        ("2026-03-29", datetime(2026, 3, 29, 21, 59, 59, 999999, tzinfo=UTC)),
        ("2026-03-20T12:00", datetime(2026, 3, 20, 11, 0, tzinfo=UTC)),
        ("2026-03-20T12:00:00Z", datetime(2026, 3, 20, 12, 0, tzinfo=UTC)),
        ("board", None),
        ("2026-13-01", None),
    ],
)
def test_a_day_is_its_end_and_an_instant_without_offset_is_in_paris(text, meant):
    assert instant_of(text) == meant


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("csv", "code,period_start,tags,exact\na,2026,1 2,true\n"),
        ("text", "a period.start=2026 tags=1 2 exact=true\n"),
    ],
)
def test_rows_are_written_in_the_order_of_the_columns(form, written):
    stream = io.StringIO()
    report = report_in(form, stream)
    if form == "text":
        report._unnamed = 1
    report.begin({}, ["code", "period.start", "tags", "exact"])
    report.row({"exact": True, "code": "a", "period": {"start": "2026"}, "tags": [1, 2]})
    report.end({})
    assert stream.getvalue() == written


@pytest.mark.parametrize("rows", [[], [{"value": 1.5, "interval": None}], [{"name": "é"}, {"name": "b"}]])
def test_json_is_one_object_without_what_is_not_there(rows):
    stream = io.StringIO()
    report = report_in("json", stream)
    report.begin({"as_of": "now"} if rows else {}, [])
    for row in rows:
        report.row(row)
    report.end({"figures": len(rows)} if rows else {})
    kept = [{name: value for name, value in row.items() if value is not None} for row in rows]
    around = {"as_of": "now", "figures": len(rows)} if rows else {}
    assert json.loads(stream.getvalue()) == {"rows": kept, **around}
