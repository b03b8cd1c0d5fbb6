"""To the provider and back. What the way back is recognised by waits in a cookie of this browser, and is used once."""

import base64
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Final

import structlog
from fastapi import APIRouter, Request, Response

from spplus_chassis import metrics
from spplus_chassis.database import Pool
from spplus_feedback.accounts import tokens
from spplus_feedback.accounts.linking import account_of_identity
from spplus_feedback.accounts.oidc import Flow, OidcError, Provider, ProviderAwayError, new_flow
from spplus_feedback.accounts.people import HOME, SIGN_IN, Clock
from spplus_feedback.accounts.sign_in_pages import inside, sign_in_form
from spplus_feedback.accounts.signing_in import SessionRules, open_session
from spplus_feedback.screens import Page, on_to

log = structlog.get_logger()

_FLOW_NAME: Final = "spplus_flow"
_FLOW_SECONDS: Final = 600
_REFUSED: Final = "La connexion n’a pas abouti. Recommencez depuis cette page."
_AWAY: Final = "{} ne répond pas pour le moment. Réessayez dans quelques minutes."
_NOBODY: Final = "Aucun compte ne vous attend ici. Demandez à votre administrateur de vous inviter, puis réessayez."


def router(pool: Callable[[], Pool], provider: Provider, rules: SessionRules, *, clock: Clock) -> APIRouter:
    """The routes."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    name = provider.settings.name

    @routes.get(f"{SIGN_IN}/fournisseur")
    async def get_provider(request: Request, suite: str = "") -> Response:
        flow = new_flow(inside(suite))
        try:
            answer: Response = on_to(await provider.way_in(flow, clock()))
        except (OidcError, ProviderAwayError) as error:
            log.warning("provider_not_reached", error=str(error))
            return sign_in_form(request, rules, error=_AWAY.format(name), status=503, provider=name)
        _keep(answer, flow, rules)
        return answer

    @routes.get(f"{SIGN_IN}/retour")
    async def get_return(request: Request) -> Response:
        try:
            answer = await _come_back(request)
        except OidcError as error:
            log.warning("sign_in_by_provider_refused", error=str(error))
            metrics.SIGN_INS.labels("refused").inc()
            answer = sign_in_form(request, rules, error=_REFUSED, status=403, provider=name)
        except ProviderAwayError as error:
            log.warning("provider_not_reached", error=str(error))
            answer = sign_in_form(request, rules, error=_AWAY.format(name), status=503, provider=name)
        answer.delete_cookie(_cookie(rules), path="/", secure=rules.secure, httponly=True, samesite="lax")
        return answer

    async def _come_back(request: Request) -> Response:
        flow, now = _flow(request, rules), clock()
        identity = await provider.identity(flow, request.query_params, now)
        before = tokens.presented(request)
        async with pool().acquire() as connection:
            account = await account_of_identity(connection, identity, now)
            if account is None:
                metrics.SIGN_INS.labels("refused").inc()
                return sign_in_form(request, rules, error=_NOBODY, status=403, provider=name)
            token = await open_session(
                connection,
                account,
                rules,
                now,
                way="provider",
                before=before.token if before else None,
                id_token=identity.id_token,
            )
        answer = on_to(flow.onward or HOME)
        tokens.give(answer, token, secure=rules.secure)
        return answer

    return routes


def _cookie(rules: SessionRules) -> str:
    return f"__Host-{_FLOW_NAME}" if rules.secure else _FLOW_NAME


def _keep(answer: Response, flow: Flow, rules: SessionRules) -> None:
    value = base64.urlsafe_b64encode(json.dumps(asdict(flow)).encode()).decode()
    answer.set_cookie(
        _cookie(rules),
        value,
        max_age=_FLOW_SECONDS,
        path="/",
        secure=rules.secure,
        httponly=True,
        samesite="lax",
    )


def _flow(request: Request, rules: SessionRules) -> Flow:
    """The way that this browser set out on. Raises `OidcError` where it did not, or too long ago."""
    try:
        said = json.loads(base64.urlsafe_b64decode(request.cookies[_cookie(rules)]))
        flow = Flow(said["state"], said["nonce"], said["verifier"], inside(said["onward"]))
    except (KeyError, ValueError, TypeError, AttributeError):
        raise OidcError("this browser did not set out for the provider, or too long ago") from None
    if not all(isinstance(word, str) and word for word in (flow.state, flow.nonce, flow.verifier)):
        raise OidcError("this browser did not set out for the provider")
    return flow
