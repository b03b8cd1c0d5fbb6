"""One call to an address of somebody else: where it goes, where it must not, and what counts as an answer."""

import asyncio
import ssl
import threading
from contextlib import asynccontextmanager

import pytest

from spplus_notifier.webhooks.addresses import AddressGuard
from spplus_notifier.webhooks.calling import Answer, Caller, Outcome
from tests.support.certificates import HOST, Authority

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

LOCAL = ["127.0.0.0/8"]
YES = b"HTTP/1.1 204 Yes\r\n\r\n"
END = "the connection ends here"


class Speaker:
    """A receiver that says exactly what it is told to, byte for byte."""

    def __init__(self):
        self.port, self.requests, self.connections = 0, [], 0
        self.answers = []
        """For the next requests; then `YES`."""

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                for part in self.answers.pop(0) if self.answers else [YES]:
                    if part is END:
                        writer.close()
                        return
                    writer.write(part)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@asynccontextmanager
async def speaking(tls=None):
    speaker = Speaker()
    server = await asyncio.start_server(speaker.serve, "127.0.0.1", 0, ssl=tls)
    speaker.port = server.sockets[0].getsockname()[1]
    try:
        yield speaker
    finally:
        server.close()


@asynccontextmanager
async def calling(*, seconds=5, look_up=None, networks=LOCAL):
    guard = AddressGuard(networks, look_up=look_up)
    try:
        async with Caller(guard, seconds=seconds) as caller:
            yield caller
    finally:
        guard.close()


async def post(caller, url, body="{}"):
    return await caller.post(url, {"webhook-id": "1"}, body)


async def test_kept_connection_serves_the_next_call_and_says_what_was_asked():
    async with speaking() as speaker, calling() as caller:
        for body in ('{"é":1}', "{}"):
            answer = await post(caller, f"http://127.0.0.1:{speaker.port}/to/me?a=b", body)
            assert answer == Answer(Outcome.DELIVERED, 204)
        head = (
            f"POST /to/me?a=b HTTP/1.1\r\nHost: 127.0.0.1:{speaker.port}\r\nwebhook-id: 1\r\nContent-Length: 8\r\n\r\n"
        )
        assert speaker.requests[0] == head.encode() + '{"é":1}'.encode()
        assert speaker.connections == 1


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([b"HTTP/1.1 200 OK\r\ncontent-le", b"ngth: 2\r\n\r\n", b"ok"], Answer(Outcome.DELIVERED, 200)),
        ([b"HTTP/1.1 100 Continue\r\n\r\n", YES], Answer(Outcome.DELIVERED, 204)),
        (
            [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"],
            Answer(Outcome.DELIVERED, 200),
        ),
        ([b"HTTP/1.1 200 OK\r\n\r\nuntil the end", END], Answer(Outcome.DELIVERED, 200)),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 90000000\r\n\r\n", b"x" * 70_000], Answer(Outcome.DELIVERED, 200)),
        ([b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"], Answer(Outcome.REFUSED, 500)),
        ([b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"], Answer(Outcome.GONE, 410)),
        ([b"HTTP/1.1 307 There\r\nlocation: /there\r\ncontent-length: 0\r\n\r\n"], Answer(Outcome.REDIRECTED, 307)),
        ([b"HTTP/1.1 200 OK\r\ncontent-len", END], Answer(Outcome.UNREACHABLE)),
        ([b"220 mail.example ESMTP\r\n"], Answer(Outcome.UNREACHABLE)),
        ([b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"], Answer(Outcome.UNREACHABLE)),
        ([END], Answer(Outcome.UNREACHABLE)),
        ([], Answer(Outcome.SLOW)),
    ],
)
async def test_what_counts_as_an_answer(said, expected):
    async with speaking() as speaker, calling(seconds=1) as caller:
        speaker.answers = [said]
        assert await post(caller, f"http://127.0.0.1:{speaker.port}") == expected
        assert len(speaker.requests) == 1
        assert await post(caller, f"http://127.0.0.1:{speaker.port}") == Answer(Outcome.DELIVERED, 204)


async def test_connection_that_the_receiver_closed_while_it_was_kept_is_no_answer():
    async with speaking() as speaker, calling() as caller:
        speaker.answers = [[YES], [END]]
        for _ in range(2):
            assert await post(caller, f"http://127.0.0.1:{speaker.port}") == Answer(Outcome.DELIVERED, 204)
        assert (speaker.connections, len(speaker.requests)) == (2, 3)


async def test_name_that_means_another_address_a_moment_later_leads_nowhere():
    meanings = [["127.0.0.1"], ["10.0.0.1"]]
    async with speaking() as speaker, calling(look_up=lambda _host, _port: meanings.pop(0)) as caller:
        url = f"http://receiver.example:{speaker.port}"
        speaker.answers = [[YES], [YES, END]]
        for _ in range(2):
            assert (await post(caller, url)).outcome is Outcome.DELIVERED
        assert len(meanings) == 1, "the kept connection goes where it was judged to go"
        assert (await post(caller, url)).outcome is Outcome.FORBIDDEN_ADDRESS
        assert b"Host: receiver.example:" in speaker.requests[0]


@pytest.mark.parametrize(
    ("scheme", "meaning", "networks"),
    [
        ("https", ["93.184.216.34", "10.0.0.1"], []),
        ("https", ["::ffff:127.0.0.1"], []),
        ("https", ["fe80::1%eth0"], []),
        ("http", ["93.184.216.34"], LOCAL),
        ("https", [], LOCAL),
    ],
)
async def test_where_no_call_goes(scheme, meaning, networks):
    async with calling(look_up=lambda _host, _port: meaning, networks=networks) as caller:
        assert (await post(caller, f"{scheme}://receiver.example")).outcome is Outcome.FORBIDDEN_ADDRESS


async def test_next_address_of_a_name_is_tried_where_the_first_is_closed():
    async with speaking() as speaker, calling(look_up=lambda _host, _port: ["127.0.0.2", "127.0.0.1"]) as caller:
        assert (await post(caller, f"http://receiver.example:{speaker.port}")).outcome is Outcome.DELIVERED


@pytest.mark.parametrize(
    ("vouched_for", "name", "expected"),
    [
        (True, HOST, Outcome.DELIVERED),
        (True, "receiver.example", Outcome.UNREACHABLE),
        (False, HOST, Outcome.UNREACHABLE),
    ],
)
async def test_certificate_must_be_vouched_for_and_for_this_name(tmp_path, monkeypatch, vouched_for, name, expected):
    authority = Authority(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.issue(HOST))
    if vouched_for:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    async with speaking(context) as speaker, calling(look_up=lambda _host, _port: [HOST]) as caller:
        assert (await post(caller, f"https://{name}:{speaker.port}")).outcome is expected
        assert len(speaker.requests) == (expected is Outcome.DELIVERED)


async def test_name_servers_that_hang_hold_nobody_else_up():
    released = threading.Event()

    def look_up(host, _port):
        if host.startswith("hangs"):
            released.wait(60)
        return ["127.0.0.1"]

    async with speaking() as speaker, calling(seconds=30, look_up=look_up) as caller:
        hanging = [asyncio.create_task(post(caller, f"http://hangs{n}.example:{speaker.port}")) for n in range(100)]
        try:
            answers = await asyncio.gather(*(post(caller, f"http://r{n}.example:{speaker.port}") for n in range(50)))
            assert {answer.outcome for answer in answers} == {Outcome.DELIVERED}
            assert not any(task.done() for task in hanging)
        finally:
            released.set()
        assert {answer.outcome for answer in await asyncio.gather(*hanging)} == {Outcome.DELIVERED}
