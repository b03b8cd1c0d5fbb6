import tracemalloc

import pytest

from spplus_feedback.imports.table import BadTableError, Row, Table, Unreadable


def table_of(tmp_path, content, *required):
    path = tmp_path / "file.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Table(path, frozenset(required))


def rows_of(table):
    with table:
        return list(table)


@pytest.mark.parametrize(
    "header",
    ["a;b\n", "\ufeffa;b\n", '\ufeff"a";"b"\r\n', '"\ufeff""a""";b\r\n', '\ufeff"""a""";b\n'],
    ids=["plain", "mark", "mark and quotes", "mark inside the quoted cell", "quotes inside quotes"],
)
def test_table_header_is_read_through_its_disguises(tmp_path, header):
    assert rows_of(table_of(tmp_path, header + "1;2\n", "a", "b")) == [Row(2, {"a": "1", "b": "2"})]


def test_table_cell_over_several_lines_keeps_the_line_it_begins_on(tmp_path):
    content = 'a;b\n"one\n\ntwo; ""three""";x\n4;5\n'
    rows = rows_of(table_of(tmp_path, content))
    assert [(row.line, row["a"]) for row in rows] == [(2, 'one\n\ntwo; "three"'), (5, "4")]


def test_table_unknown_column_is_empty(tmp_path):
    [row] = rows_of(table_of(tmp_path, "a\n1\n"))
    assert row["nothing"] == ""


def test_table_row_of_another_width_is_unreadable_and_the_rest_goes_on(tmp_path):
    rows = rows_of(table_of(tmp_path, "a;b\n1\n\n2;3\n4;5;6\n"))
    assert [type(row) for row in rows] == [Unreadable, Row, Unreadable]
    assert [(row.line, row.reason) for row in rows if isinstance(row, Unreadable)] == [
        (2, "wrong_columns"),
        (5, "wrong_columns"),
    ]


def test_table_cell_without_end_is_unreadable_and_reading_resumes(tmp_path):
    huge = "x" * 140_000
    rows = rows_of(table_of(tmp_path, f'a;b\n1;"{huge}\n2;3\n'))
    assert rows[0].reason == "bad_csv"
    assert rows[-1] == Row(3, {"a": "2", "b": "3"})


def test_table_broken_letters_and_nul_do_not_stop_it(tmp_path):
    [row] = rows_of(table_of(tmp_path, b"a;b\n\xff\xfe;p\x00q\n"))
    assert row["b"] == "pq"


@pytest.mark.parametrize("content", ["", "x;y\n1;2\n"], ids=["empty", "other columns"])
def test_table_of_another_layout_names_what_it_lacks(tmp_path, content):
    with pytest.raises(BadTableError, match="lacks the columns: a, b"):
        rows_of(table_of(tmp_path, content, "a", "b"))


def test_table_that_is_not_there_says_so(tmp_path):
    with pytest.raises(BadTableError, match="cannot be opened"), Table(tmp_path / "no.csv", frozenset()):
        pass


def test_table_large_file_needs_little_memory(tmp_path):
    line = "1;" + "récit " * 100 + "\n"
    table = table_of(tmp_path, "a;b\n" + line * 30_000)
    assert table.size_bytes > 20_000_000
    tracemalloc.start()
    with table:
        count = sum(1 for _ in table)
        assert table.read_bytes == table.size_bytes
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 30_000
    assert peak < 1_000_000
