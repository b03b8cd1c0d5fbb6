"""Each answer carries the security headers, and forwarded addresses are believed of trusted proxies only."""

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from pydantic import ValidationError
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from spplus_chassis.problem import Problem, install_problems
from spplus_chassis.screening import ScreenedAnswers
from spplus_chassis.settings import ServiceSettings

pytestmark = pytest.mark.asyncio


class Settings(ServiceSettings):
    database_url: str = "postgresql://nowhere"
    http_port: int = 1


def an_app(*, trusted="", hsts_seconds=0):
    app = FastAPI(docs_url=None, redoc_url=None)
    install_problems(app)
    app.add_middleware(ScreenedAnswers, hsts_seconds=hsts_seconds)
    if trusted:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=trusted.split(","))

    @app.get("/who")
    async def get_who(request: Request) -> str:
        return f"{request.url.scheme} {request.client.host}"

    @app.get("/framed")
    async def get_framed() -> Response:
        return Response("x", headers={"Content-Security-Policy": "frame-ancestors *"})

    @app.get("/problem")
    async def get_problem() -> None:
        raise Problem(410)

    @app.get("/fault")
    async def get_fault() -> None:
        raise RuntimeError("a slip of ours")

    return app


async def ask(app, path, *, caller="192.0.2.1", headers=()):
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(caller, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as http:
        return await http.get(path, headers=headers)


@pytest.mark.parametrize(
    ("path", "status"), [("/who", 200), ("/problem", 410), ("/fault", 500), ("/nowhere", 404), ("/openapi.json", 200)]
)
async def test_any_answer_carries_the_headers(path, status):
    answer = await ask(an_app(hsts_seconds=60), path)
    assert answer.status_code == status
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["strict-transport-security"].startswith("max-age=60")


async def test_only_an_answer_that_may_be_framed_says_so_in_both_headers():
    app = an_app()

    @app.get("/closed")
    async def get_closed() -> Response:
        return Response("x", headers={"Content-Security-Policy": "img-src 'self'; frame-ancestors 'none'"})

    assert "x-frame-options" not in (await ask(app, "/framed")).headers
    for path in ("/closed", "/who", "/fault", "/nowhere"):
        assert (await ask(app, path)).headers["x-frame-options"] == "DENY", path


async def test_fault_is_answered_once_as_a_problem():
    answer = await ask(an_app(), "/fault")
    assert answer.json() == {"type": "about:blank", "title": "Internal error", "status": 500}


async def test_answer_keeps_what_it_says_itself_and_hsts_is_silent_by_default():
    answer = await ask(an_app(), "/framed")
    assert answer.headers.get_list("content-security-policy") == ["frame-ancestors *"]
    assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize(
    ("caller", "forwarded", "believed"),
    [
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.7, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.9, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
    ],
)
async def test_right_most_address_that_is_no_proxy_of_ours_is_the_callers(caller, forwarded, believed):
    app = an_app(trusted=Settings(trusted_proxies=" 10.0.0.0/24 , ::1", _env_file=None).trusted_proxies)
    headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https"}
    scheme, _, host = (await ask(app, "/who", caller=caller, headers=headers)).json().partition(" ")
    assert host == believed
    assert scheme == ("http" if caller == believed else "https")


async def test_nobody_is_believed_by_default():
    assert Settings(_env_file=None).trusted_proxies == ""
    answer = await ask(an_app(), "/who", caller="127.0.0.1", headers={"X-Forwarded-For": "203.0.113.9"})
    assert answer.json() == "http 127.0.0.1"


@pytest.mark.parametrize("text", ["*", "proxy.example", "10.0.0.1/8", "10.0.0.0/8;::1"])
async def test_what_is_no_network_is_refused_when_the_service_starts(text):
    with pytest.raises(ValidationError):
        Settings(trusted_proxies=text, _env_file=None)
