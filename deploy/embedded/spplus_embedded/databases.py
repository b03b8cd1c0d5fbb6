"""One database and one role per service: a role can connect to its own database and to no other."""

import json
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import asyncpg

from spplus_embedded.errors import PartsError
from spplus_embedded.private import read_secret, write_secret

_NEW_ROLE: Final = "CREATE ROLE %I LOGIN"
_LOGIN: Final = "ALTER ROLE %I WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD %L"
_NEW_DATABASE: Final = "CREATE DATABASE %I OWNER %I TEMPLATE template0"
_CLOSED: Final = "REVOKE ALL ON DATABASE %I FROM PUBLIC"
_DROP: Final = "DROP DATABASE IF EXISTS %I WITH (FORCE)"


def name_of(service: str) -> str:
    """Name of a service's database and of its role."""
    return f"spplus_{service}"


def url_of(admin_url: str, service: str, password: str) -> str:
    """Connection URL of a service, on the administrator's server."""
    parts = urlsplit(admin_url)
    place = parts.netloc.rpartition("@")[2]
    name = name_of(service)
    return parts._replace(netloc=f"{quote(name)}:{quote(password, safe='')}@{place}", path=f"/{name}").geturl()


def keep_passwords(file: Path, services: Iterable[str]) -> dict[str, str]:
    """Passwords of the services: read from the file, those that are missing made and written to it (mode 600)."""
    known: dict[str, str] = json.loads(read_secret(file)) if file.exists() else {}
    passwords = {service: known.get(service) or secrets.token_urlsafe(24) for service in services}
    if passwords != known:
        write_secret(file, json.dumps(passwords))
    return passwords


async def prepare_databases(admin_url: str, passwords: Mapping[str, str], *, own_server: bool) -> None:
    """Make what is missing and set the passwords; on a server of our own, close the administrator's database too."""
    connection = await _connect(admin_url)
    try:
        for service, password in passwords.items():
            name = name_of(service)
            if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", name):
                await _execute(connection, _NEW_ROLE, name)
            await _execute(connection, _LOGIN, name, password)
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
                await _execute(connection, _NEW_DATABASE, name, name)
            await _execute(connection, _CLOSED, name)
        for shared in ("postgres", "template1") if own_server else ():
            await _execute(connection, _CLOSED, shared)
    finally:
        await connection.close()


async def drop_databases(admin_url: str, services: Iterable[str]) -> None:
    """Drop the services' databases, whoever is connected."""
    connection = await _connect(admin_url)
    try:
        for service in services:
            await _execute(connection, _DROP, name_of(service))
    finally:
        await connection.close()


async def _connect(admin_url: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await asyncpg.connect(admin_url, timeout=10)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise PartsError(f"PostgreSQL refuses its administrator ({type(error).__name__}: {error})") from error


async def _execute(connection: "asyncpg.Connection[asyncpg.Record]", form: str, *names: str) -> None:
    """Run a statement that takes names: the server quotes them, since they cannot be parameters."""
    slots = ", ".join(f"${index}::text" for index in range(2, len(names) + 2))
    await connection.execute(await connection.fetchval(f"SELECT format($1, {slots})", form, *names))
