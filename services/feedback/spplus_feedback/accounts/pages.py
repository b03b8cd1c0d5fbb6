"""Pages of accounts, put together."""

from collections.abc import Callable

from fastapi import APIRouter, Response

from spplus_chassis.database import Pool
from spplus_feedback.accounts import (
    account_acts,
    account_making,
    account_pages,
    oidc_pages,
    own_pages,
    sign_in_pages,
    trail_pages,
)
from spplus_feedback.accounts.oidc import Provider
from spplus_feedback.accounts.passwords import Passwords
from spplus_feedback.accounts.people import Clock
from spplus_feedback.accounts.signing_in import SessionRules
from spplus_feedback.screens import Page, stylesheet


def router(
    pool: Callable[[], Pool], rules: SessionRules, *, clock: Clock, provider: Provider | None = None
) -> APIRouter:
    """The routes."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    passwords = Passwords()
    routes.include_router(own_pages.router(pool, passwords, rules, clock=clock))
    routes.include_router(account_making.router(pool, passwords, clock=clock))
    routes.include_router(account_pages.router(pool, clock=clock))
    routes.include_router(account_acts.router(pool, passwords, clock=clock))
    routes.include_router(trail_pages.router(pool, clock=clock))
    routes.include_router(sign_in_pages.router(pool, passwords, rules, clock=clock, provider=provider))
    if provider is not None:
        routes.include_router(oidc_pages.router(pool, provider, rules, clock=clock))

    @routes.get("/static/people.css")
    async def get_stylesheet() -> Response:
        return stylesheet("people.css")

    return routes
