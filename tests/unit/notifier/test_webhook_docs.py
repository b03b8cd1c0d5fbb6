"""What is said to those who receive webhooks is what they get: the page's example, and the API's documentation."""

import re
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from pydantic import TypeAdapter

from spplus_notifier.webhooks import api, callback, message
from tests.support.builders import a_figure, a_rolling_figure
from tests.support.examples import EXAMPLES

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_function_on_the_page_is_the_one_of_the_example():
    page = (EXAMPLES.parent / "webhooks.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert shown in (EXAMPLES / "receive_webhook.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("body", "model"),
    [
        (message.figures_body([a_figure().to_json().decode()], [a_rolling_figure().key], NOW), callback.FiguresMessage),
        (message.test_body(NOW), callback.TestMessage),
    ],
    ids=["figures", "test"],
)
def test_messages_are_as_the_documentation_of_the_api_says(body, model):
    read = TypeAdapter(callback.FiguresMessage | callback.TestMessage).validate_json(body)
    assert isinstance(read, model)


def test_documentation_of_the_api_shows_the_call_with_its_signature():
    app = FastAPI()
    app.include_router(api.router(api.Door(lambda: None, None, lambda: NOW, lambda: None)))
    [call] = app.openapi()["paths"]["/v1/webhooks"]["post"]["callbacks"].values()
    post = call["{$request.body#/url}"]["post"]
    headers = {each["name"]: each for each in post["parameters"]}
    assert headers.keys() == message.signed_headers("id", NOW, "", []).keys() - {"content-type", "user-agent"}
    assert "HMAC-SHA256" in headers["webhook-signature"]["description"]
