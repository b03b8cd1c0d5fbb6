"""The operator's command for webhooks does what the doors for subscribers do."""

import re

import pytest

from tests.support.builders import a_figure, a_structure
from tests.support.noticed import SEAL_KEY
from tests.support.receiver import receiving
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

UNKNOWN = "019ab000-0000-7000-8000-000000000000"


async def test_webhook_is_subscribed_tried_told_again_resealed_and_ended_by_command(published, command):
    settings = {"seal_keys": SEAL_KEY, "webhook_private_networks": "127.0.0.0/8"}
    async with receiving() as receiver, published.replica(**settings):
        await published.publish(a_structure(code="root"), a_structure(code="child", parent="root"))
        await published.publish(a_figure(structure_code="child"), a_figure(structure_code="elsewhere"))
        await published.settled()
        await command("key-create", "--name", "site", "--structure", "root")
        asked = ("subscribe", "--key", "1", "--url", receiver.url, "--structure", "root", "--period", "month")
        code, made, told = await command(*asked, "--send-current")
        webhook_id, secret = made.split()
        assert code == 0
        assert "1 figures wait" in told
        [current] = await receiver.called(1)
        assert current.revisions == {"child": 1}
        current.check(secret)
        assert webhook_id in (await command("list"))[1]

        await _ended(command, webhook_id, 1)
        code, message_id, _ = await command("test", webhook_id)
        assert code == 0
        _, test = await receiver.called(2)
        assert test.message_id == message_id

        await _ended(command, webhook_id, 2)
        assert "1 figures wait" in (await command("replay", webhook_id, "--message", current.message_id))[2]
        *_, again = await receiver.called(3)
        assert again.revisions == {"child": 1}
        assert "1 figures wait" in (await command("replay", webhook_id, "--since", "2020-01-01T00:00:00Z"))[2]
        *_, period = await receiver.called(4)
        assert period.revisions == {"child": 1}

        _, changed, told = await command("secret", webhook_id, "--overlap-hours", "1")
        assert "both signatures" in told
        await _ended(command, webhook_id, 4)
        await command("test", webhook_id)
        *_, both = await receiver.called(5)
        both.check(secret)
        both.check(changed)

        assert (await command("delete", webhook_id))[0] == 0
        assert webhook_id not in (await command("list"))[1]
        assert (await command("test", webhook_id))[0] == 1


async def _ended(command, webhook_id, count):
    """The log shows so many messages, all delivered."""

    async def all_delivered():
        lines = (await command("log", webhook_id))[1]
        return len(re.findall("delivered", lines)) == count

    await eventually(all_delivered, f"{count} messages to stand in the log as delivered")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("subscribe", "--key", "1", "--url", "https://a.example"), "give at least one of structure_code"),
        (("subscribe", "--key", "1", "--url", "a.example", "--period", "month"), "url: "),
        (("subscribe", "--key", "1", "--url", "https://a.example", "--period", "month"), "another part of the tree"),
        (("subscribe", "--key", "1", "--url", "https://a.example", "--structure", "x"), "structure_code: no such"),
        (("subscribe", "--key", "9", "--url", "https://a.example", "--period", "month"), "No key 9 is in force."),
        (("enable", UNKNOWN), "No such webhook."),
        (("replay", UNKNOWN), "give either message_id, or since"),
        (("replay", UNKNOWN, "--since", "yesterday"), "since: "),
        (("secret", UNKNOWN, "--overlap-hours", "-1"), "overlap_hours: "),
        (("log", UNKNOWN, "--limit", "0"), "limit: "),
    ],
)
async def test_command_refuses_and_names_what_is_wrong(published, command, words, said):
    async with published.replica():
        await published.publish(a_structure(code="root"))
        await published.settled()
        await command("key-create", "--name", "site", "--structure", "root")
        code, made, told = await command(*words)
        assert (code, made) == (1, "")
        assert said in told
