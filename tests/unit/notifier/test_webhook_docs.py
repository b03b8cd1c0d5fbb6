"""What the page on webhooks shows is what the examples do, and those are run by tests."""

import re

from tests.support.examples import EXAMPLES


def test_function_on_the_page_is_the_one_of_the_example():
    page = (EXAMPLES.parent / "webhooks.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert shown in (EXAMPLES / "receive_webhook.py").read_text(encoding="utf-8")
