"""Ports of 127.0.0.1: free ones, and a clear word where one is taken."""

import socket
from typing import Final

from spplus_embedded.errors import PartsError

HOST: Final = "127.0.0.1"


def free_port() -> int:
    """Give a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def ensure_free(port: int, *, owner: str, setting: str) -> None:
    """Raise PartsError, naming the setting that changes it, if somebody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PartsError(
                f"port {port} of {HOST} is taken, {owner} cannot listen there: "
                f"stop the program that uses it, or choose another port with {setting}"
            ) from error


def answers(port: int) -> bool:
    """Whether something accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((HOST, port)) == 0
