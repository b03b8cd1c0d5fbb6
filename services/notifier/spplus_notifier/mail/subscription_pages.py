"""Pages for whoever wants the figures of a structure by mail: asking, consent by a button, end by a button."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response

from spplus_chassis import metrics
from spplus_chassis.database import Pool
from spplus_notifier import structure_queries
from spplus_notifier.mail import subscriptions
from spplus_notifier.mail.address import MOST_CHARACTERS, read_address
from spplus_notifier.mail.forms import LONGEST_CODE, PrivatePages, fields_of
from spplus_notifier.mail.letters import SUBSCRIPTION_CONFIRM, SUBSCRIPTION_KEEP, SUBSCRIPTION_STOP
from spplus_notifier.mail.recipients import AddressMark
from spplus_notifier.mail.subscriptions import TooManyError
from spplus_notifier.mail.weekly import week_of
from spplus_notifier.screens import Screens, told_in_french
from spplus_notifier.sealing import Sealer
from spplus_notifier.structure_queries import Structure

_BY_STRUCTURE: Final = "/abonnement/{code}"


@dataclass(frozen=True, slots=True)
class SubscriptionDesk:
    """What the pages need. There is none where no mails are sent."""

    pool: Callable[[], Pool]
    sealer: Sealer
    mark: AddressMark
    clock: Callable[[], datetime]
    wake: Callable[[], None]

    async def ask(self, structure: Structure, address: str) -> None:
        """Ask an address for its consent, or silently not. Raises `TooManyError`."""
        async with self.pool().acquire() as connection:
            waits = await subscriptions.ask(connection, self.sealer, self.mark, structure, address)
        metrics.MAIL_ASKED.labels("asked" if waits else "passed_over").inc()
        if waits:
            self.wake()

    async def confirm(self, code: str) -> Structure | None:
        """The structure that is subscribed to now."""
        async with self.pool().acquire() as connection:
            found = await subscriptions.confirm(connection, code, week_of(self.clock()))
        return None if found is None else await structure_queries.structure(self.pool(), found)

    async def keep(self, code: str) -> Structure | None:
        """The structure whose figures go on coming."""
        async with self.pool().acquire() as connection:
            found = await subscriptions.keep(connection, code)
        return None if found is None else await structure_queries.structure(self.pool(), found)

    async def end(self, code: str) -> None:
        """No more mails."""
        async with self.pool().acquire() as connection:
            await subscriptions.end(connection, code)


def router(screens: Screens, desk: SubscriptionDesk | None) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False, route_class=told_in_french(screens))
    shown = PrivatePages(screens)
    if desk is None:
        for path in (_BY_STRUCTURE, SUBSCRIPTION_CONFIRM, SUBSCRIPTION_KEEP, SUBSCRIPTION_STOP):
            routes.add_api_route(path, shown.not_offered, methods=["GET", "POST"])
        return routes
    _add_asking(routes, screens, shown, desk)
    _add_links(routes, shown, desk)
    return routes


def _add_asking(routes: APIRouter, screens: Screens, shown: PrivatePages, desk: SubscriptionDesk) -> None:
    async def known(code: str) -> Structure | None:
        return await structure_queries.structure(desk.pool(), code)

    def missing() -> Response:
        return screens.missing("Structure introuvable", "Cette structure n'est pas connue ici.")

    @routes.get(_BY_STRUCTURE)
    async def get_form(code: str) -> Response:
        structure = await known(code)
        return missing() if structure is None else shown.write("subscribe.html", structure=structure, typed=None)

    @routes.post(_BY_STRUCTURE)
    async def post_form(code: str, request: Request) -> Response:
        structure, fields = await known(code), await fields_of(request)
        if structure is None or fields is None:
            return missing() if structure is None else shown.not_understood()
        typed = fields.get("email", "")
        address = read_address(typed)
        if address is None:
            return shown.write("subscribe.html", 422, structure=structure, typed=typed[:MOST_CHARACTERS])
        try:
            await desk.ask(structure, address)
        except TooManyError:
            return shown.write("busy.html", 503)
        return shown.write("look_for_subscription.html", structure=structure)


def _add_links(routes: APIRouter, shown: PrivatePages, desk: SubscriptionDesk) -> None:
    @routes.get(SUBSCRIPTION_CONFIRM)
    async def get_confirm(code: str = "") -> Response:
        return shown.write("confirm_subscription.html", action=SUBSCRIPTION_CONFIRM, code=code[:LONGEST_CODE])

    @routes.get(SUBSCRIPTION_KEEP)
    async def get_keep(code: str = "") -> Response:
        return shown.write("keep_subscription.html", action=SUBSCRIPTION_KEEP, code=code[:LONGEST_CODE])

    @routes.get(SUBSCRIPTION_STOP)
    async def get_stop(code: str = "") -> Response:
        return shown.write("stop.html", action=SUBSCRIPTION_STOP, code=code[:LONGEST_CODE])

    @routes.post(SUBSCRIPTION_CONFIRM)
    async def post_confirm(request: Request) -> Response:
        structure = await desk.confirm(_code(await fields_of(request)))
        if structure is None:
            return shown.write("subscription_too_late.html", 410)
        return shown.write("subscribed.html", structure=structure)

    @routes.post(SUBSCRIPTION_KEEP)
    async def post_keep(request: Request) -> Response:
        structure = await desk.keep(_code(await fields_of(request)))
        if structure is None:
            return shown.write("subscription_too_late.html", 410)
        return shown.write("kept.html", structure=structure)

    @routes.post(SUBSCRIPTION_STOP)
    async def post_stop(request: Request) -> Response:
        await desk.end(_code(await fields_of(request)))
        return shown.write("unsubscribed.html")


def _code(fields: Mapping[str, str] | None) -> str:
    return (fields or {}).get("code", "")
