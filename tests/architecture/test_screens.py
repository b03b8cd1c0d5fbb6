"""Every answer of every service tells browsers to be careful; no page holds a script, a style or a stranger's file."""

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from spplus_feedback import app as feedback
from spplus_feedback.settings import FeedbackSettings
from spplus_indicators import app as indicators
from spplus_indicators.settings import IndicatorsSettings
from spplus_notifier import app as notifier
from spplus_notifier.settings import NotifierSettings

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "services").glob("*/spplus_*/templates/**/*.html"))
SHEETS = sorted((ROOT / "services").glob("*/spplus_*/static/*.css"))
NOWHERE = "postgresql://nobody@127.0.0.1:1/nowhere"
BUILDERS = {
    "feedback": lambda: feedback.build(FeedbackSettings(database_url=NOWHERE, _env_file=None)),
    "indicators": lambda: indicators.build(IndicatorsSettings(database_url=NOWHERE, _env_file=None)),
    "notifier": lambda: notifier.build(NotifierSettings(database_url=NOWHERE, _env_file=None)),
}
LOADED = re.compile(
    r"<(?:link|script|img|iframe|source|video|audio|object|embed)\b[^>]*?(?:href|src|data)=\"([^\"]*)\""
)
INLINE = re.compile(r"<style\b|\sstyle=|\son[a-z]+=|javascript:")
BARE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)")


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def routes_of(router: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Method and path of each route, also of routers that were included."""
    found = []
    for route in router.routes:
        if hasattr(route, "original_router"):
            found += routes_of(route.original_router, prefix + route.include_context.prefix)
        elif hasattr(route, "path"):
            path = re.sub(r"\{[^}]*\}", "x", prefix + route.path)
            found += [(method, path) for method in sorted(getattr(route, "methods", None) or ())]
    return found


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_each_route_answers_with_the_security_headers_whatever_happens(name: str) -> None:
    """Nothing runs behind the doors, so most routes fail: the harder way to answer."""
    service = BUILDERS[name]()
    routes = [*routes_of(service.app), ("GET", "/nowhere"), ("PATCH", "/livez")]
    assert len(routes) > 8, routes

    async def walk() -> dict[str, str]:
        transport = httpx.ASGITransport(app=service.app, raise_app_exceptions=False)
        bare = {}
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as http:
            for method, path in routes:
                async with asyncio.timeout(20):
                    answer = await http.request(method, path)
                policy = answer.headers.get("content-security-policy", "")
                kept = (
                    "default-src 'none'" in policy
                    and "unsafe-inline" not in policy
                    and "frame-ancestors" in policy
                    and answer.headers.get("x-content-type-options") == "nosniff"
                    and "referrer-policy" in answer.headers
                    and "cross-origin-opener-policy" in answer.headers
                )
                if not kept:
                    bare[f"{method} {path} {answer.status_code}"] = policy
        return bare

    assert asyncio.run(walk()) == {}


@pytest.mark.parametrize("path", TEMPLATES, ids=label)
def test_no_template_needs_more_than_the_policy_allows(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.name == "letter.html":  # a mail: its reader knows no policy of ours, and no sheet but the one inside
        text = re.sub(r"<style>[^<]*</style>", "", text)
    assert INLINE.findall(text) == []
    assert BARE_SCRIPT.findall(text) == []
    assert [address for address in LOADED.findall(text) if re.match(r"(https?:)?//|data:", address)] == []


@pytest.mark.parametrize("path", SHEETS, ids=label)
def test_no_style_sheet_loads_anything(path: Path) -> None:
    assert re.findall(r"@import|url\(", path.read_text(encoding="utf-8")) == []
