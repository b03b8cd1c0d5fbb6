"""The operators' commands for accounts: the first administrator is made here, the others on the pages."""

import argparse
import getpass
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from rich.table import Table

from spplus_chassis.database import Connection, Pool
from spplus_chassis.outbox import new_id
from spplus_feedback.accounts import handlers, queries
from spplus_feedback.accounts.handlers import AccountError, Doing
from spplus_feedback.accounts.password_rules import LEAST, MOST, weakness
from spplus_feedback.accounts.passwords import Passwords, generated
from spplus_feedback.accounts.queries import Account
from spplus_feedback.accounts.repository import NewAccount
from spplus_feedback.accounts.roles import EVERYTHING, Grant, Role
from spplus_feedback.acts import OPERATOR
from spplus_feedback.commands import ERR, OUT, CommandError, with_pool
from spplus_feedback.settings import FeedbackSettings

T = TypeVar("T")


def account_arguments(parser: argparse.ArgumentParser) -> None:
    """``accounts create | list | grant | revoke | close | reset``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    create = actions.add_parser("create", help="make an account; its password is asked for, never an argument")
    create.add_argument("login", help="professional e-mail address, or a name of one word")
    create.add_argument("--name", required=True, help="as colleagues read it")
    create.add_argument("--role", choices=[role.value for role in Role], help="its first role")
    create.add_argument("--structure", metavar="CODE", help=f"root of the part of the tree; {EVERYTHING} for the whole")
    way = create.add_mutually_exclusive_group()
    way.add_argument("--generate", action="store_true", help="make a password, shown once, to be changed within 7 days")
    way.add_argument("--invite", action="store_true", help="no password: signs in by the OpenID Connect provider")
    actions.add_parser("list", help="show all accounts and what they may do")
    for name, words in (("grant", "give a role in a part of the tree"), ("revoke", "take a role back")):
        change = actions.add_parser(name, help=words)
        change.add_argument("login")
        change.add_argument("--role", required=True, choices=[role.value for role in Role])
        change.add_argument("--structure", required=True, metavar="CODE")
    close = actions.add_parser("close", help="end all sessions of an account and let nobody sign in by it any more")
    close.add_argument("login")
    reset = actions.add_parser("reset", help="replace a password and end all sessions of the account")
    reset.add_argument("login")
    reset.add_argument("--generate", action="store_true", help="make one, shown once, to be changed within 7 days")


def accounts(arguments: argparse.Namespace, settings: FeedbackSettings) -> int:
    """Make, list, change or close accounts."""
    doing = Doing(OPERATOR, datetime.now(UTC))
    if arguments.action == "create":
        return _create(arguments, settings, doing)
    if arguments.action == "list":
        return _list(settings)
    if arguments.action == "reset":
        return _reset(arguments, settings, doing)

    async def change(connection: Connection, account: Account) -> None:
        if arguments.action == "close":
            await handlers.close(connection, account.account_id, doing)
            return
        grant = Grant(Role(arguments.role), arguments.structure)
        work = handlers.give if arguments.action == "grant" else handlers.take
        await work(connection, account.account_id, grant, doing)

    _on_account(settings, arguments.login, change)
    ERR.print("Done; whoever is signed in by this account has to sign in again.")
    return 0


def _create(arguments: argparse.Namespace, settings: FeedbackSettings, doing: Doing) -> int:
    if (arguments.role is None) != (arguments.structure is None):
        raise CommandError("a role needs its part of the tree: give --role and --structure, or neither")
    grant = Grant(Role(arguments.role), arguments.structure) if arguments.role else None
    login = _login(arguments.login)
    password = None if arguments.invite else _password(login, arguments.name, made=arguments.generate)
    account = NewAccount(
        new_id(),
        login,
        arguments.name,
        password_hash=None if password is None else Passwords().hash_now(password),
        temporary_until=doing.now + handlers.TEMPORARY if arguments.generate else None,
        invited_until=doing.now + handlers.INVITED if arguments.invite else None,
    )
    _in_transaction(settings, lambda connection: handlers.create(connection, account, grant, doing))
    _show(password if arguments.generate else None)
    ERR.print(f"Account {account.account_id} is made.")
    return 0


def _reset(arguments: argparse.Namespace, settings: FeedbackSettings, doing: Doing) -> int:
    login = _login(arguments.login)
    password = _password(login, "", made=arguments.generate)
    password_hash = Passwords().hash_now(password)

    async def change(connection: Connection, account: Account) -> None:
        await handlers.hand_over_password(
            connection, account.account_id, password_hash, doing, temporary=arguments.generate
        )

    _on_account(settings, login, change)
    _show(password if arguments.generate else None)
    return 0


def _list(settings: FeedbackSettings) -> int:
    table = Table("login", "name", "may", "signs in by", "last signed in", "closed")
    for account in _in_transaction(settings, queries.accounts):
        rights = "\n".join(f"{grant.role.value} {grant.structure_code}" for grant in account.grants)
        ways = [word for word, holds in (("password", account.password_hash), ("provider", account.linked)) if holds]
        instants = (account.last_signed_in_at, account.closed_at)
        days = ["" if instant is None else f"{instant:%Y-%m-%d}" for instant in instants]
        table.add_row(account.login, account.name, rights, " ".join(ways), *days)
    OUT.print(table)
    return 0


def _on_account(settings: FeedbackSettings, login: str, work: Callable[[Connection, Account], Awaitable[None]]) -> None:
    async def found(connection: Connection) -> None:
        account = await queries.account_by_login(connection, _login(login))
        if account is None or account.closed_at is not None:
            raise CommandError("no account in force has this login")
        await work(connection, account)

    _in_transaction(settings, found)


def _in_transaction(settings: FeedbackSettings, work: Callable[[Connection], Awaitable[T]]) -> T:
    async def on_pool(pool: Pool) -> T:
        async with pool.acquire() as connection, connection.transaction():
            return await work(connection)

    try:
        return with_pool(settings, on_pool)
    except AccountError as error:
        raise CommandError(str(error)) from None


def _login(typed: str) -> str:
    login = typed.strip().lower()
    if not login or login.split() != [login]:
        raise CommandError("a login is one word, such as an e-mail address")
    return login


def _password(login: str, name: str, *, made: bool) -> str:
    """A password that was made, or typed: twice at a terminal, once in a line of the standard input."""
    if made:
        return generated()
    if sys.stdin.isatty():
        password = getpass.getpass(f"Password ({LEAST} to {MOST} characters): ")
        if getpass.getpass("Once more: ") != password:
            raise CommandError("the two are not the same")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if weakness(password, login=login, name=name) is not None:
        raise CommandError(f"a password has {LEAST} to {MOST} characters, varied, and is not its owner's name")
    return password


def _show(password: str | None) -> None:
    if password is not None:
        OUT.print(password, markup=False)
        ERR.print("This password is shown once; it opens only the page to change it, for 7 days.")
