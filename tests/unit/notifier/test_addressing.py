"""Absolute addresses are the operator's; only where none is set, a reader's own, and then one that is an address."""

import pytest
from fastapi import Request

from spplus_notifier.addressing import PublicAddress


def a_request(host, path="/structures/a b", query=""):
    headers = [] if host is None else [(b"host", host.encode("latin-1"))]
    return Request(
        {
            "type": "http",
            "scheme": "http",
            "server": ("10.0.0.5", 8003),
            "path": path,
            "root_path": "",
            "query_string": query.encode(),
            "headers": headers,
        }
    )


@pytest.mark.parametrize("host", ["resultats.exemple.fr", "pirate.example", '"><script>', None])
def test_address_of_the_setting_is_told_whatever_the_request_says(host):
    here = PublicAddress("https://resultats.exemple.fr/").here(a_request(host))
    assert here.url == "https://resultats.exemple.fr/structures/a%20b"


@pytest.mark.parametrize("host", ["localhost:8003", "127.0.0.1", "[::1]:8003", "resultats.exemple.fr"])
def test_address_asked_for_is_told_without_a_setting(host):
    assert PublicAddress().of(a_request(host)) == f"http://{host}"


@pytest.mark.parametrize("host", ["", '"><script>', "a b", "user@pirate.example", "pirate.example/x", "x:y", None])
def test_what_is_no_address_is_told_to_nobody(host):
    assert PublicAddress().of(a_request(host)) == "http://10.0.0.5:8003"


def test_page_keeps_of_its_query_what_makes_it_another_page():
    request = a_request("door", "/", "region=Corse&utm_source=x&page=2&q=mot")
    assert PublicAddress().here(request, "page", "region").url == "http://door/?region=Corse&page=2"
