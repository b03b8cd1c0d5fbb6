"""Pages of mails: the door for addresses, consent by a button, ending by a button. Opening a page changes nothing."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from spplus_chassis import metrics
from spplus_chassis.database import Pool
from spplus_notifier.mail import follow_ups
from spplus_notifier.mail.address import MOST_CHARACTERS, read_address
from spplus_notifier.mail.forms import LONGEST_CODE, PrivatePages, fields_of
from spplus_notifier.mail.letters import CONFIRM, DOOR, STOP
from spplus_notifier.mail.recipients import AddressMark
from spplus_notifier.mail.tickets import BadTicket, Ticket, TicketDesk
from spplus_notifier.screens import Screens, told_in_french
from spplus_notifier.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages need. There is none where mails are not set up."""

    pool: Callable[[], Pool]
    sealer: Sealer
    mark: AddressMark
    tickets: TicketDesk
    days: int
    """For how long an address waits for an answer."""
    wake: Callable[[], None]

    async def ask(self, ticket: Ticket, address: str) -> None:
        """Ask an address for its consent, or silently not."""
        async with self.pool().acquire() as connection:
            waits = await follow_ups.ask(connection, self.sealer, self.mark, ticket, address)
        metrics.MAIL_ASKED.labels("asked" if waits else "passed_over").inc()
        if waits:
            self.wake()

    async def confirm(self, code: str) -> bool:
        """Whether the address is confirmed now."""
        async with self.pool().acquire() as connection:
            done = await follow_ups.confirm(connection, code)
        self.wake()
        return done

    async def end(self, code: str) -> None:
        """No more mails."""
        async with self.pool().acquire() as connection:
            await follow_ups.end(connection, code)


class _Answers(PrivatePages):
    """What each form is answered."""

    async def ask(self, desk: Desk, fields: Mapping[str, str]) -> Response:
        """The same for every address, known or not."""
        text, typed = fields.get("ticket", ""), fields.get("email", "")
        try:
            ticket = desk.tickets.check(text)
        except BadTicket:
            return self.write("too_late.html", 422)
        address = read_address(typed)
        if address is None:
            return self.write("address.html", 422, ticket=text, typed=typed[:MOST_CHARACTERS])
        await desk.ask(ticket, address)
        return self.write("look_into_your_mail.html")

    async def confirm(self, desk: Desk, fields: Mapping[str, str]) -> Response:
        """Consent."""
        done = await desk.confirm(fields.get("code", ""))
        return self.write("confirmed.html", days=desk.days) if done else self.write("too_late.html", 410)

    async def stop(self, desk: Desk, fields: Mapping[str, str]) -> Response:
        """The end, whatever the code was."""
        await desk.end(fields.get("code", ""))
        return self.write("stopped.html")


def router(screens: Screens, desk: Desk | None) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False, route_class=told_in_french(screens))
    answers = _Answers(screens)
    for path, answer in ((DOOR, answers.ask), (CONFIRM, answers.confirm), (STOP, answers.stop)):
        routes.add_api_route(path, _taking(answers, desk, answer), methods=["POST"])

    @routes.get(CONFIRM)
    async def get_confirm(code: str = "") -> Response:
        return answers.write("confirm.html", action=CONFIRM, code=code[:LONGEST_CODE])

    @routes.get(STOP)
    async def get_stop(code: str = "") -> Response:
        return answers.write("stop.html", action=STOP, code=code[:LONGEST_CODE])

    return routes


def _taking(
    answers: _Answers, desk: Desk | None, answer: Callable[[Desk, Mapping[str, str]], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    async def take(request: Request) -> Response:
        if desk is None:
            return await answers.not_offered()
        fields = await fields_of(request)
        return answers.not_understood() if fields is None else await answer(desk, fields)

    return take
