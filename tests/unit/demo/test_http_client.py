import asyncio

import pytest

from spplus_embedded.demo.http_client import Answer, _read


def answered(wire: bytes):
    async def run():
        reader = asyncio.StreamReader()
        reader.feed_data(wire)
        reader.feed_eof()
        return await _read(reader)

    return asyncio.run(run())


def test_answer_with_a_body_is_read_by_its_length():
    wire = b'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}rest'
    assert answered(wire) == (Answer(202, b'{"a":1}'), True)


def test_answer_without_a_body_is_empty():
    assert answered(b"HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n") == (Answer(204, b""), True)


def test_answer_that_closes_says_so():
    wire = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
    assert answered(wire) == (Answer(503, b"{}"), False)


def test_answer_cut_in_the_middle_is_no_answer():
    with pytest.raises(asyncio.IncompleteReadError):
        answered(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")


def test_success_is_any_2xx():
    assert [Answer(status, b"").is_success for status in (200, 204, 304, 422, 503)] == [True, True, False, False, False]
