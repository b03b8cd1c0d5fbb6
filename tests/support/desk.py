"""What a browser finds on a page of the desk: hidden fields to send back, texts, links."""

import html
import re
from typing import Any

import httpx

from tests.support.people import SignedIn


def hidden(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of the page's last form, save the session's own."""
    form = page.text.rpartition("<form")[2] if 'name="nonce"' in page.text.rpartition("<form")[2] else page.text
    found = re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found if name != "csrf"}


def words(page: httpx.Response) -> str:
    """The page as it reads, one space between words."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


async def opened_form(agent: SignedIn, path: str) -> dict[str, str]:
    """Open a page with a form, and give what it carries."""
    page = await agent.get(path)
    assert page.status_code == 200, page.text
    return hidden(page)


async def send_answer(agent: SignedIn, request_id: str, text: str, **fields: Any) -> httpx.Response:
    """Answer from the page of the request."""
    carried = await opened_form(agent, f"/espace/demandes/{request_id}")
    return await agent.post(
        f"/espace/demandes/{request_id}/reponse", **{**carried, "texte": text, "geste": "envoyer", **fields}
    )
