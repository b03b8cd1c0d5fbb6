"""Webhooks: who asked is told, signed, once more where it failed, the newest revision, never where it must not go."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from standardwebhooks import WebhookVerificationError

from tests.support.builders import a_figure, a_structure
from tests.support.receiver import receiving
from tests.support.subscriber import Subscriber, a_key
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

SET_UP = {"seal_keys": Fernet.generate_key().decode(), "webhook_private_networks": "127.0.0.0/8"}
ROOT = a_structure(code="root")
CHILD = a_structure(code="child", parent="root")


@asynccontextmanager
async def subscribing(published, **settings):
    async with published.replica(**SET_UP | settings) as http, receiving() as receiver:
        await published.publish(ROOT, CHILD, a_structure(code="elsewhere"))
        await published.settled()
        yield Subscriber(published, http, await a_key(published)), receiver


async def test_subscriber_of_a_part_of_the_tree_is_told_signed_what_changes_there(published):
    async with subscribing(published) as (subscriber, receiver):
        webhook = await subscriber.subscribe(receiver.url + "/told")
        await published.publish(*(a_figure(structure_code=code) for code in ("root", "child", "elsewhere")))
        await receiver.called(1)
        await subscriber.becomes(webhook, figures_waiting=0)
        told = {}
        for call in receiver.calls:
            call.check(webhook["secret"])
            assert call.path == "/told"
            assert call.headers["content-type"] == "application/json"
            told |= call.revisions
        assert told == {"root": 1, "child": 1}


async def test_filter_by_indicator_period_and_engagement(published):
    async with subscribing(published) as (subscriber, receiver):
        asked = {"indicator_code": "experience_satisfaction", "period_kind": "month", "engagement": "sp-plus-2021/7"}
        webhook = await subscriber.subscribe(receiver.url, **asked)
        wanted = a_figure(structure_code="a", engagements=("sp-plus-2021/7",))
        await published.publish(a_figure(structure_code="b"), wanted, a_figure(structure_code="c", unit="count"))
        await receiver.called(1)
        await subscriber.becomes(webhook, figures_waiting=0)
        assert [call.revisions for call in receiver.calls] == [{"a": 1}]


async def test_message_that_failed_is_sent_again_the_same_and_then_only_the_newest_revision(published):
    async with subscribing(published) as (subscriber, receiver):
        webhook = await subscriber.subscribe(receiver.url)
        receiver.statuses = [500]
        await published.publish(a_figure(structure_code="child", revision=1))
        await subscriber.becomes(webhook, failures=1)
        await published.publish(*(a_figure(structure_code="child", revision=revision) for revision in (2, 3)))
        await subscriber.becomes(webhook, figures_waiting=1)
        await subscriber.try_again_now()
        first, again, newest = await receiver.called(3)
        assert (again.message_id, again.body) == (first.message_id, first.body)
        assert [call.revisions["child"] for call in (first, newest)] == [1, 3]
        assert newest.message_id != first.message_id
        again.check(webhook["secret"])

        async def both_logged():
            log = await subscriber.log(webhook)
            return [(line["attempts"], line["last_outcome"], line["delivered"]) for line in log] == [
                (1, "delivered", True),
                (2, "delivered", True),
            ]

        await eventually(both_logged, "both to stand in the log")
        await subscriber.becomes(webhook, failures=0)


async def test_figure_taken_off_is_told_by_its_key(published):
    async with subscribing(published) as (subscriber, receiver):
        await subscriber.subscribe(receiver.url)
        await published.publish(a_figure(structure_code="child"))
        await receiver.called(1)
        await published.publish(a_figure(structure_code="child").key)
        _, gone = await receiver.called(2)
        assert gone.data["figures"] == []
        [removed] = gone.data["removed"]
        assert removed["structure_code"] == "child"


async def test_secret_changes_over_while_both_are_valid(published):
    async with subscribing(published) as (subscriber, receiver):
        webhook = await subscriber.subscribe(receiver.url)
        changed = (await subscriber.do(webhook, "secret", overlap_hours=1)).json()
        await subscriber.try_out(webhook)
        [both] = await receiver.called(1)
        both.check(webhook["secret"])
        both.check(changed["secret"])
        newest = (await subscriber.do(webhook, "secret", overlap_hours=0)).json()
        await subscriber.try_out(webhook)
        _, one = await receiver.called(2)
        one.check(newest["secret"])
        with pytest.raises(WebhookVerificationError):
            one.check(changed["secret"])


async def test_receiver_that_wants_no_more_is_left_alone_until_enabled_and_then_told_what_it_missed(published):
    async with subscribing(published) as (subscriber, receiver):
        webhook = await subscriber.subscribe(receiver.url)
        receiver.statuses = [410]
        await published.publish(a_figure(structure_code="child", revision=1))
        await subscriber.becomes(webhook, state="disabled", disabled_for="gone")
        assert (await subscriber.do(webhook, "test")).status_code == 409
        await published.publish(a_figure(structure_code="root", revision=1))
        await published.settled()
        await subscriber.do(webhook, "enable")
        await subscriber.becomes(webhook, state="active", figures_waiting=0)
        told = {}
        for call in (await receiver.called(2))[1:]:
            told |= call.revisions
        assert told == {"child": 1, "root": 1}


async def test_address_that_fails_for_a_day_is_disabled(published):
    async with subscribing(published) as (subscriber, receiver):
        webhook = await subscriber.subscribe(receiver.url)
        receiver.statuses = [503, 503]
        await published.publish(a_figure(structure_code="child"))
        await subscriber.becomes(webhook, failures=1)
        await published.fetch("UPDATE webhooks SET failing_since = now() - interval '25 hours'")
        await subscriber.try_again_now()
        await subscriber.becomes(webhook, state="disabled", disabled_for="failing", figures_waiting=1)


async def test_neither_a_private_address_nor_a_redirect_is_followed(published):
    async with subscribing(published, webhook_private_networks="") as (subscriber, receiver):
        webhook = await subscriber.subscribe(receiver.url)
        await subscriber.do(webhook, "test")
        await subscriber.becomes(webhook, failures=1)
        assert [line["last_outcome"] for line in await subscriber.log(webhook)] == ["forbidden_address"]
        assert receiver.calls == []
    async with published.replica(**SET_UP) as http, receiving() as elsewhere, receiving() as receiver:
        receiver.statuses, receiver.location = [302], elsewhere.url
        subscriber = Subscriber(published, http, await a_key(published))
        webhook = await subscriber.subscribe(receiver.url)
        await subscriber.do(webhook, "test")
        await subscriber.becomes(webhook, failures=1)
        assert [line["last_outcome"] for line in await subscriber.log(webhook)] == ["redirected"]
        assert elsewhere.calls == []


async def test_replay_tells_the_revision_that_stands_now(published):
    async with subscribing(published) as (subscriber, receiver):
        webhook = await subscriber.subscribe(receiver.url)
        await published.publish(a_figure(structure_code="child", revision=1))
        [first] = await receiver.called(1)
        await published.publish(a_figure(structure_code="child", revision=2))
        await receiver.called(2)
        assert (await subscriber.do(webhook, "replay", message_id=first.message_id)).json() == {"figures": 1}
        assert (await receiver.called(3))[-1].revisions == {"child": 2}
        since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        assert (await subscriber.do(webhook, "replay", since=since)).status_code == 202
        assert (await receiver.called(4))[-1].revisions == {"child": 2}


async def test_subscriber_may_begin_with_all_that_stands(published):
    async with subscribing(published) as (subscriber, receiver):
        await published.publish(*(a_figure(structure_code=code) for code in ("root", "child", "elsewhere")))
        await published.settled()
        await subscriber.subscribe(receiver.url, structure_code="root", send_current=True)
        assert (await receiver.called(1))[0].revisions == {"root": 1, "child": 1}


async def test_those_that_hang_do_not_delay_the_others(published):
    async with subscribing(published, webhook_calls=12, webhook_call_seconds=60) as (subscriber, receiver):
        hanging = [f"/hangs/{number}" for number in range(10)]
        receiver.hanging.update(hanging)
        for path in (*hanging, *(f"/answers/{number}" for number in range(40))):
            await subscriber.subscribe(receiver.url + path)
        for revision in (1, 2, 3):
            await published.publish(a_figure(structure_code="child", revision=revision))
        await published.settled()

        async def all_told():
            told = [call.path for call in receiver.calls if call.revisions.get("child") == 3]
            return len({path for path in told if path.startswith("/answers")}) == 40

        await eventually(all_told, "those that answer to have the newest revision")
        assert {call.path for call in receiver.calls} >= set(hanging), "they hang all the while"
        assert not receiver.released.is_set()


async def test_subscriber_sees_only_its_own_and_only_its_part_of_the_tree(published):
    async with subscribing(published) as (subscriber, receiver):
        webhook = await subscriber.subscribe(receiver.url)
        other = Subscriber(published, subscriber.http, await a_key(published, "child"))
        for method, what in (("GET", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/messages")):
            assert (await other.ask(method, f"/{webhook['webhook_id']}{what}")).status_code == 404
        refused = {"root": 403, "elsewhere": 403, "nowhere": 422, "child": 201}
        for code, status in refused.items():
            answer = await other.ask("POST", json={"url": receiver.url, "structure_code": code})
            assert answer.status_code == status, code
        assert (await other.ask("POST", json={"url": receiver.url, "period_kind": "year"})).status_code == 403
        everything = await subscriber.ask("POST", json={"url": receiver.url})
        assert everything.status_code == 422
        assert (await subscriber.http.get("/v1/webhooks")).status_code == 401


async def test_secrets_do_not_stand_in_the_database_and_end_with_the_subscription(published):
    async with subscribing(published) as (subscriber, receiver):
        webhook = await subscriber.subscribe(receiver.url)
        [row] = await published.fetch("SELECT w::text AS stored FROM webhooks AS w")
        assert webhook["secret"].removeprefix("whsec_") not in row["stored"]
        assert (await subscriber.ask("DELETE", f"/{webhook['webhook_id']}")).status_code == 204
        assert (await subscriber.ask("GET")).json() == {"items": []}
        [row] = await published.fetch("SELECT url, sealed_secret FROM webhooks")
        assert (row["url"], row["sealed_secret"]) == ("", b"")
        await published.publish(a_figure(structure_code="child"))
        await published.settled()
        assert receiver.calls == []


async def test_without_a_seal_key_there_are_no_webhooks(published):
    async with published.replica() as http:
        subscriber = Subscriber(published, http, await a_key(published))
        answer = await subscriber.ask("POST", json={"url": "https://example.org", "period_kind": "year"})
        assert answer.status_code == 503
