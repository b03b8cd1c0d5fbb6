"""Ports of 127.0.0.1: free ones, and a clear word where one is taken."""

import random
import socket
from typing import Final

from spplus_embedded.errors import PartsError

HOST: Final = "127.0.0.1"
_RANGE: Final = (20_000, 32_000)
_ATTEMPTS: Final = 200


def free_port() -> int:
    """Give a port that nobody listens on now.

    It lies below the range that the system gives to outgoing connections: a client that knocks at the door of a
    stopped server could otherwise be given that very port, and keep the server from coming back.
    """
    for _ in range(_ATTEMPTS):
        port = random.randrange(*_RANGE)  # noqa: S311  # no secret
        if _is_free(port):
            return port
    raise PartsError(f"no free port of {HOST} was found between {_RANGE[0]} and {_RANGE[1]}")


def ensure_free(port: int, *, owner: str, setting: str) -> None:
    """Raise PartsError, naming the setting that changes it, if somebody listens on the port."""
    if not _is_free(port):
        raise PartsError(
            f"port {port} of {HOST} is taken, {owner} cannot listen there: "
            f"stop the program that uses it, or choose another port with {setting}"
        )


def answers(port: int) -> bool:
    """Whether something accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((HOST, port)) == 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
