"""Signing in by an OpenID Connect provider, such as ProConnect: authorization code with PKCE, state and nonce.

What is cryptographic is left to libraries: joserfc verifies signatures, authlib the claims of an ID token.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures that only the provider can make: no shared secret, and never none."""
_KEPT: Final = timedelta(hours=1)
_LEEWAY_SECONDS: Final = 30
_TIMEOUT_SECONDS: Final = 5.0
_LONGEST_ANSWER: Final = 200_000
_LOCAL: Final = {"127.0.0.1", "::1", "localhost"}
_BYTES: Final = 32


class OidcError(Exception):
    """The provider's answer cannot be trusted, or is a refusal; the message says why and names nobody."""


class ProviderAwayError(Exception):
    """The provider does not answer."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What the operator agreed with the provider."""

    name: str
    """For the button."""
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    public_url: str
    """Root of this service as browsers reach it, without a final slash."""
    scopes: str
    acr_values: str
    """Levels of assurance to ask for; empty for the provider's own."""
    emails_verified: bool
    """Whether the provider hands out verified addresses only, and therefore does not say so with each."""

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends people back."""
        return f"{self.public_url}/connexion/retour"


@dataclass(frozen=True, slots=True)
class Flow:
    """What one browser's way to the provider and back is recognised by."""

    state: str
    nonce: str
    verifier: str
    onward: str = ""
    """Page to go on to afterwards."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for."""

    issuer: str
    subject: str
    email: str | None
    """In lower case; only where it is verified."""
    id_token: str = field(repr=False)


def new_flow(onward: str) -> Flow:
    """A way to the provider that cannot be guessed."""
    state, nonce, verifier = (secrets.token_urlsafe(_BYTES) for _ in range(3))
    return Flow(state, nonce, verifier, onward)


class Provider:
    """One provider. Its addresses and keys are asked for when needed, and again when a key is unknown."""

    def __init__(self, settings: ProviderSettings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.settings = settings
        self._transport = transport
        self._found: tuple[datetime, dict[str, Any], KeySet] | None = None

    async def way_in(self, flow: Flow, now: datetime) -> str:
        """Where the browser goes to sign in. Raises `ProviderAwayError` or `OidcError`."""
        metadata, _ = await self._discovered(now)
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect_uri,
            "scope": self.settings.scopes,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": create_s256_code_challenge(flow.verifier),
            "code_challenge_method": "S256",
        }
        if self.settings.acr_values:
            asked["acr_values"] = self.settings.acr_values
        return _with_query(metadata["authorization_endpoint"], asked)

    async def way_out(self, id_token: str, now: datetime) -> str | None:
        """Where the browser goes to end the provider's own session, if that is offered."""
        metadata, _ = await self._discovered(now)
        if not (endpoint := metadata.get("end_session_endpoint")):
            return None
        asked = {
            "id_token_hint": id_token,
            "post_logout_redirect_uri": f"{self.settings.public_url}/connexion",
            "state": secrets.token_urlsafe(_BYTES),
        }
        return _with_query(endpoint, asked)

    async def identity(self, flow: Flow, returned: Mapping[str, str], now: datetime) -> Identity:
        """Whom the provider vouches for, once the browser is back. Raises `ProviderAwayError` or `OidcError`."""
        if not secrets.compare_digest(returned.get("state", "").encode(), flow.state.encode()):
            raise OidcError("the state is not that of this browser")
        if returned.get("iss", self.settings.issuer) != self.settings.issuer:
            raise OidcError("the answer is from another issuer")
        if "code" not in returned:
            raise OidcError("the provider refused")
        metadata, _ = await self._discovered(now)
        tokens = await self._tokens(metadata["token_endpoint"], returned["code"], flow.verifier)
        claims = await self._id_claims(tokens, flow.nonce, now)
        person = await self._person(metadata, str(tokens["access_token"]), now)
        if person.get("sub") != claims["sub"]:
            raise OidcError("the two answers are about different people")
        verified = self.settings.emails_verified or person.get("email_verified") is True
        email = person.get("email")
        known = email.strip().lower() if verified and isinstance(email, str) else None
        return Identity(self.settings.issuer, str(claims["sub"]), known, str(tokens["id_token"]))

    async def _discovered(self, now: datetime, *, anew: bool = False) -> tuple[dict[str, Any], KeySet]:
        if self._found is None or anew or now - self._found[0] > _KEPT:
            metadata = _as_object(await self._ask("GET", f"{self.settings.issuer}/.well-known/openid-configuration"))
            if metadata.get("issuer") != self.settings.issuer:
                raise OidcError("the provider calls itself by another name")
            for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
                _check_address(metadata.get(name), name)
            try:
                keys = KeySet.import_key_set(_as_object(await self._ask("GET", metadata["jwks_uri"])))  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError, TypeError):
                raise OidcError("the provider's keys cannot be read") from None
            self._found = (now, metadata, keys)
        return self._found[1], self._found[2]

    async def _tokens(self, endpoint: str, code: str, verifier: str) -> dict[str, Any]:
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.settings.redirect_uri,
            "code_verifier": verifier,
            "client_id": self.settings.client_id,
            "client_secret": self.settings.client_secret,
        }
        tokens = _as_object(await self._ask("POST", endpoint, data=sent))
        if not isinstance(tokens.get("id_token"), str) or not isinstance(tokens.get("access_token"), str):
            raise OidcError("the provider gave no tokens")
        return tokens

    async def _id_claims(self, tokens: Mapping[str, Any], nonce: str, now: datetime) -> dict[str, Any]:
        """The claims of an ID token that is signed by the provider, for us, for this very sign-in, and in time."""
        token = await self._verified(tokens["id_token"], now)
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={
                "iss": {"essential": True, "value": self.settings.issuer},
                "aud": {"essential": True, "value": self.settings.client_id},
            },
            params={"nonce": nonce, "client_id": self.settings.client_id, "access_token": tokens["access_token"]},
        )
        try:
            claims.validate(now=int(now.timestamp()), leeway=_LEEWAY_SECONDS)
        except JoseError as error:
            raise OidcError(f"the ID token does not hold: {error.error}") from None
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise OidcError("the ID token names nobody")
        return dict(claims)

    async def _person(self, metadata: Mapping[str, Any], access_token: str, now: datetime) -> Mapping[str, Any]:
        """What the provider says of the person: as JSON, or as a token that it signed for us."""
        answer = await self._ask(
            "GET", metadata["userinfo_endpoint"], headers={"Authorization": f"Bearer {access_token}"}
        )
        if not answer.headers.get("content-type", "").startswith("application/jwt"):
            return _as_object(answer)
        claims = (await self._verified(answer.text.strip(), now)).claims
        audience = claims.get("aud")
        if claims.get("iss") != self.settings.issuer:
            raise OidcError("what is said of the person is from another issuer")
        if self.settings.client_id not in (audience if isinstance(audience, list) else [audience]):
            raise OidcError("what is said of the person is for another audience")
        if isinstance(claims.get("exp"), int) and claims["exp"] + _LEEWAY_SECONDS < now.timestamp():
            raise OidcError("what is said of the person has expired")
        return claims

    async def _verified(self, text: str, now: datetime) -> jwt.Token:
        """A token that the provider signed, if need be by a key that it has had since a moment ago."""
        for anew in (False, True):
            _, keys = await self._discovered(now, anew=anew)
            if (token := _signed_by(keys, text)) is not None:
                return token
        raise OidcError("the token is not signed by the provider")

    async def _ask(self, method: str, url: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - passed on to httpx
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, transport=self._transport) as client:
                answer = await client.request(method, url, **more)
        except httpx.HTTPError as error:
            raise ProviderAwayError(type(error).__name__) from None
        if answer.status_code >= 500:  # noqa: PLR2004 - HTTP's own number
            raise ProviderAwayError(f"status {answer.status_code}")
        if not answer.is_success or len(answer.content) > _LONGEST_ANSWER:
            raise OidcError(f"the provider refused with status {answer.status_code}")
        return answer


def _signed_by(keys: KeySet, text: str) -> jwt.Token | None:
    """The token, if one of these keys signed it: the one that it names, or any where it names none."""
    try:
        named = "kid" in jws.extract_compact(text.encode()).headers()
    except (JoseError, ValueError, TypeError):
        return None
    for key in [keys] if named else keys.keys:
        try:
            return jwt.decode(text, key, algorithms=list(_ALGORITHMS))
        except (JoseError, ValueError, TypeError):
            continue
    return None


def _as_object(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise OidcError("the provider's answer cannot be read")
    return said


def _check_address(address: object, name: str) -> None:
    parts = urlsplit(address) if isinstance(address, str) else None
    if parts is None or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)):
        raise OidcError(f"the provider's {name} is not an encrypted address")


def _with_query(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"
