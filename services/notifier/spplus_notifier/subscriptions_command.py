"""The operator's command for webhooks: made, tried, told again, their secret changed, ended."""

import argparse
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.table import Table

from spplus_chassis.database import Pool
from spplus_chassis.problem import Problem
from spplus_contracts.vocabulary import PeriodKind
from spplus_notifier.sealing import Sealer
from spplus_notifier.webhooks import keys, subscribing, subscriptions
from spplus_notifier.webhooks.bodies import LogQuery, NewWebhook, Overlap, Replay

_OUT: Final = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
_ERR: Final = Console(stderr=True, highlight=False, soft_wrap=True)
B = TypeVar("B", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the actions need."""

    pool: Pool
    sealer: Sealer | None
    """None where no seal key is set."""

    @property
    def seals(self) -> Sealer:
        """The sealer, or a refusal."""
        if self.sealer is None:
            raise Problem(503, "No seal key is set.")
        return self.sealer


def add_arguments(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """``list | subscribe | log | test | replay | secret | enable | delete``."""
    actions.add_parser("list", help="show all webhooks: state, filter, what waits")
    subscribe = actions.add_parser("subscribe", help="make a webhook for a key and print its secret, once")
    subscribe.add_argument("--key", type=int, required=True, metavar="ID", help="whose it is (see key-list)")
    subscribe.add_argument("--url", required=True, help="address that is called: https, on the public internet")
    subscribe.add_argument("--structure", metavar="CODE", help="this structure and all below it")
    subscribe.add_argument("--indicator", metavar="CODE", help="one indicator")
    subscribe.add_argument("--engagement", metavar="FRAMEWORK/N", help="one commitment, as 2021/5")
    subscribe.add_argument("--period", choices=[kind.value for kind in PeriodKind], help="length of the period")
    subscribe.add_argument("--send-current", action="store_true", help="begin with every figure that stands published")
    log = _of_one(actions, "log", "show what was sent, the newest first")
    log.add_argument("--limit", metavar="N", help="lines, up to 200 (default: 50)")
    _of_one(actions, "test", "send a message that tells nothing, by the way of all others")
    replay = _of_one(actions, "replay", "tell again, in the revision that stands now")
    replay.add_argument("--message", metavar="ID", help="the figures of one message")
    replay.add_argument("--since", metavar="INSTANT", help="all that changed from then on, as 2026-11-23T10:00:00Z")
    replay.add_argument("--until", metavar="INSTANT", help="to before then; now, if absent")
    secret = _of_one(actions, "secret", "change the secret and print the new one, once")
    secret.add_argument(
        "--overlap-hours", default="24", metavar="H", help="messages carry both signatures for as long (default: 24)"
    )
    _of_one(actions, "enable", "call a disabled webhook again and tell what it missed")
    _of_one(actions, "delete", "end it: its secrets are deleted")


def _of_one(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, told: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=told)
    parser.add_argument("webhook_id", type=UUID)
    return parser


async def run(arguments: argparse.Namespace, pool: Pool, sealer: Sealer | None) -> int:
    """Do one of them; the exit code."""
    try:
        await ACTIONS[arguments.action](Desk(pool, sealer), arguments)
    except Problem as refused:
        told = [f"{error.field}: {error.message}" for error in refused.body.errors or ()]
        _ERR.print("\n".join(told) or refused.body.detail or refused.body.title, markup=False)
        return 1
    return 0


async def _list(desk: Desk, _arguments: argparse.Namespace) -> None:
    table = Table(
        "webhook", "state", "structure", "indicator", "engagement", "period", "waiting", "failures", "next call"
    )
    for each in await subscriptions.webhooks_of(desk.pool):
        asked = (each.structure_code, each.indicator_code, each.engagement, each.period_kind)
        state = f"{each.state}: {each.disabled_for}" if each.disabled_for else each.state
        table.add_row(
            *(each.webhook_id, state, *(part or "" for part in asked)),
            *(f"{each.figures_waiting:,}", str(each.failures), minute(each.next_call_at)),
        )
    _OUT.print(table)


async def _subscribe(desk: Desk, arguments: argparse.Namespace) -> None:
    body = _read(
        NewWebhook,
        url=arguments.url,
        structure_code=arguments.structure,
        indicator_code=arguments.indicator,
        engagement=arguments.engagement,
        period_kind=arguments.period,
        send_current=arguments.send_current,
    )
    key = await keys.by_id(desk.pool, arguments.key)
    if key is None:
        raise Problem(404, f"No key {arguments.key} is in force.")
    made, secret = await subscribing.subscribe(desk.pool, desk.seals, key, body, _now())
    _OUT.print(made.webhook_id, secret, markup=False)
    _ERR.print(f"This secret is shown once. {made.figures_waiting:,} figures wait to be told.")


async def _log(desk: Desk, arguments: argparse.Namespace) -> None:
    limit = _read(LogQuery, limit=arguments.limit).limit
    found = await subscribing.again(desk.pool, str(arguments.webhook_id))
    table = Table("message", "kind", "figures", "made", "attempts", "last try", "outcome", "status", "ended")
    for each in await subscriptions.log_of(desk.pool, found.webhook_id, before=None, limit=limit):
        table.add_row(
            *(each.message_id, each.kind, f"{each.figures:,}", minute(each.made_at), str(each.attempts)),
            *(minute(each.last_tried_at), each.last_outcome or "", str(each.last_status or ""), minute(each.ended_at)),
        )
    _OUT.print(table)


async def _test(desk: Desk, arguments: argparse.Namespace) -> None:
    found = await subscribing.again(desk.pool, str(arguments.webhook_id))
    _OUT.print(await subscribing.try_out(desk.pool, found, _now()))
    _ERR.print("The message is on its way; the log says how it goes.")


async def _replay(desk: Desk, arguments: argparse.Namespace) -> None:
    body = _read(Replay, message_id=arguments.message, since=arguments.since, until=arguments.until)
    found = await subscribing.again(desk.pool, str(arguments.webhook_id))
    _ERR.print(f"{await subscribing.replay(desk.pool, found, body, _now()):,} figures wait to be told again")


async def _secret(desk: Desk, arguments: argparse.Namespace) -> None:
    overlap = timedelta(hours=_read(Overlap, overlap_hours=arguments.overlap_hours).overlap_hours)
    found = await subscribing.again(desk.pool, str(arguments.webhook_id))
    async with desk.pool.acquire() as connection:
        secret = await subscriptions.rotate_secret(connection, desk.seals, found.webhook_id, overlap)
    _OUT.print(secret, markup=False)
    _ERR.print(f"This secret is shown once. Messages carry both signatures until {minute(_now() + overlap)}.")


async def _enable(desk: Desk, arguments: argparse.Namespace) -> None:
    found = await subscribing.again(desk.pool, str(arguments.webhook_id))
    if found.state != "disabled":
        raise Problem(409, "It is not disabled.")
    waiting = await subscriptions.enable(desk.pool, found, _now())
    _ERR.print(f"enabled; {waiting:,} figures that changed meanwhile wait to be told")


async def _delete(desk: Desk, arguments: argparse.Namespace) -> None:
    found = await subscribing.again(desk.pool, str(arguments.webhook_id))
    async with desk.pool.acquire() as connection:
        await subscriptions.delete(connection, found.webhook_id)
    _ERR.print("ended")


ACTIONS: Final[dict[str, Callable[[Desk, argparse.Namespace], Awaitable[None]]]] = {
    "list": _list,
    "subscribe": _subscribe,
    "log": _log,
    "test": _test,
    "replay": _replay,
    "secret": _secret,
    "enable": _enable,
    "delete": _delete,
}


def _read(model: type[B], **told: Any) -> B:  # noqa: ANN401 - the model judges
    try:
        return model.model_validate({name: value for name, value in told.items() if value is not None})
    except ValidationError as error:
        raise Problem(
            422,
            errors=[
                {"field": ".".join(map(str, each["loc"])) or "arguments", "message": each["msg"]}
                for each in error.errors()
            ],
        ) from None


def minute(instant: datetime | None) -> str:
    """An instant in a table; nothing for none."""
    return "" if instant is None else f"{instant:%Y-%m-%d %H:%M} UTC"


def _now() -> datetime:
    return datetime.now(UTC)
