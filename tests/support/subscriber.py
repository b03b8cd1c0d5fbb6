"""Somebody who subscribes to figures by webhooks, seen from outside."""

from spplus_chassis.database import open_pool
from spplus_notifier.webhooks import keys
from tests.support.waiting import eventually


class Subscriber:
    """Somebody with a key."""

    def __init__(self, published, http, key):
        self.published, self.http = published, http
        self.headers = {"Authorization": f"Bearer {key}"}

    async def ask(self, method, path="", **sent):
        return await self.http.request(method, f"/v1/webhooks{path}", headers=self.headers, **sent)

    async def subscribe(self, url, **interest):
        answer = await self.ask("POST", json={"url": url} | (interest or {"structure_code": "root"}))
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def shown(self, webhook):
        return (await self.ask("GET", f"/{webhook['webhook_id']}")).json()

    async def do(self, webhook, what, **body):
        return await self.ask("POST", f"/{webhook['webhook_id']}/{what}", json=body or None)

    async def try_out(self, webhook):
        """Ask for a test message, once no other is being tried."""

        async def begun():
            return (await self.do(webhook, "test")).status_code == 202

        await eventually(begun, "a test message to begin")

    async def log(self, webhook):
        return (await self.ask("GET", f"/{webhook['webhook_id']}/messages")).json()["items"]

    async def becomes(self, webhook, **expected):
        async def so():
            shown = await self.shown(webhook)
            return {name: shown[name] for name in expected} == expected

        await eventually(so, f"the webhook to be {expected}")

    async def try_again_now(self):
        await self.published.fetch("UPDATE webhooks SET next_call_at = now()")


async def a_key(published, structure_code=None):
    pool = await open_pool(published.database_url, 2)
    async with pool.acquire() as connection:
        key = await keys.create_key(connection, name="somebody", structure_code=structure_code)
    await pool.close()
    return key
