"""The readers of the bench notice what goes missing, comes twice or out of order."""

import pytest

from tests.bench.stream_readers import Findings, Reader, read_piece


def figures(*seqs):
    return b"".join(b'id: %d\nevent: indicator\ndata: {"structure_code":"s%d"}\n\n' % (seq, seq) for seq in seqs)


def framed(text):
    return b"%x\r\n%s\r\n" % (len(text), text)


def a_reader(*, timed=False):
    findings, buffer = Findings(), bytearray(2**16)
    reader = Reader(findings, buffer, timed=timed)
    feed(reader, framed(b"retry: 2000\nid: 5\n\n"))
    return reader, findings


def feed(reader, data):
    reader.get_buffer(-1)[: len(data)] = data
    reader.buffer_updated(len(data))


@pytest.mark.parametrize(
    ("seqs", "told", "missed", "again"),
    [
        ((6, 7, 8), 3, 0, 0),
        ((6, 9), 2, 2, 0),
        ((6, 7, 7), 3, 0, 1),
        ((7, 6), 2, 1, 1),
        ((5,), 1, 0, 1),
    ],
)
def test_numbers_are_held_against_the_last(seqs, told, missed, again):
    for pieces in ([seqs], [[seq] for seq in seqs]):
        reader, findings = a_reader()
        for piece in pieces:
            feed(reader, framed(figures(*piece)))
        assert (reader.told, findings.missed, findings.again, findings.resyncs) == (told, missed, again, 0)


def test_announcement_that_arrives_in_pieces_is_read_once_it_is_whole():
    reader, findings = a_reader(timed=True)
    sent = framed(figures(6, 7)) + framed(b": still here\nid: 9\n\n") + framed(figures(10))
    for at in range(0, len(sent), 7):
        feed(reader, sent[at : at + 7])
    assert (reader.told, reader.last, findings.missed) == (3, 10, 0)
    assert [code for code, _ in findings.times] == [6, 7, 10]


def test_resync_is_counted_and_numbers_go_on_from_there():
    reader, findings = a_reader()
    feed(reader, framed(b'id: 50\nevent: resync\ndata: {"read": "/v1/indicators"}\n\n'))
    feed(reader, framed(figures(51)))
    assert (reader.told, findings.resyncs, findings.missed) == (1, 1, 0)


def test_piece_of_figures_in_a_row_is_known_as_such():
    assert read_piece(framed(figures(1, 2, 3))).unbroken
    assert not read_piece(framed(figures(1, 3))).unbroken
    assert not read_piece(framed(b": still here\nid: 9\n\n")).unbroken
