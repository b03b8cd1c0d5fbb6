"""The operator's commands for accounts; a password comes by the standard input or is made, never an argument."""

import asyncio
import io
import re
import uuid

import pytest
import pytest_asyncio

from spplus_chassis.migrations import migrate
from spplus_feedback.__main__ import main
from spplus_feedback.app import PACKAGE
from tests.support.intake import furnish

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

PASSWORD = "quatre mots bien choisis"


@pytest_asyncio.fixture
async def command(database_url, monkeypatch, capsys):
    """Run a command; gives its result and what it said."""
    await migrate(database_url, PACKAGE)
    await furnish(database_url)
    monkeypatch.setenv("SPPLUS_FEEDBACK_DATABASE_URL", database_url)

    async def run(*words, line=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(line))
        code = await asyncio.to_thread(main, words)
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return run


async def test_operator_keeps_accounts_by_command_and_no_password_is_an_argument(command):
    login = f"{uuid.uuid4().hex[:8]}@essai.example"
    create = ("accounts", "create", login.upper(), "--name", "Alix Essai")
    assert "15 to 200 characters" in (await command(*create, line="court\n"))[2]
    assert (await command(*create, "--role", "agent"))[0] == 1
    assert (await command(*create, line=f"{PASSWORD}\n"))[0] == 0
    assert "taken" in (await command(*create, "--generate"))[2]
    given = ("--role", "agent", "--structure", "guichet")
    assert (await command("accounts", "grant", login, *given))[0] == 0
    unknown = await command("accounts", "grant", login, "--role", "agent", "--structure", "lune")
    assert unknown[0] == 1
    assert f"{login} Alix Essai agent guichet password" in " ".join(
        (await command("accounts", "list"))[1].replace("│", " ").split()
    )
    assert (await command("accounts", "revoke", login, *given))[0] == 0
    reset = await command("accounts", "reset", login, "--generate")
    assert reset[0] == 0
    assert re.fullmatch(r"[a-z2-9]{5}(-[a-z2-9]{5}){3}", reset[1])
    assert (await command("accounts", "close", login))[0] == 0
    assert "no account in force" in (await command("accounts", "close", login))[2]
