"""A real OpenID Connect provider as a process of its own, which can be told to misbehave.

`oidc-provider-mock` answers; what stands around it verifies PKCE, which that one leaves out, and changes what is handed
out as an attacker would: `PUT /behave/<how>`. Run as ``python -m tests.support.oidc_process PORT``.
"""

import asyncio
import base64
import hashlib
import io
import json
import os
import sys
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from spplus_embedded.ports import free_port
from tests.support.waiting import eventually

CLIENT, SECRET = "spplus", "un secret partagé avec le fournisseur"
ALTERED = {
    "other_nonce": {"nonce": "celui d'une autre fois"},
    "no_nonce": {"nonce": None},
    "other_audience": {"aud": "un autre service", "azp": "un autre service"},
    "other_party": {"aud": [CLIENT, "un autre service"], "azp": "un autre service"},
    "other_issuer": {"iss": "https://ailleurs.example"},
    "expired": {"exp": 1_700_000_000, "iat": 1_699_999_000},
    "early": {"nbf": 4_000_000_000},
    "other_person": {"sub": "quelqu'un d'autre"},
}
FORGED = ("unsigned", "shared_secret", "unknown_key")


class Around:
    """What stands around the provider."""

    def __init__(self, inner):
        self.inner = inner
        self.how = "honest"
        self.key = RSAKey.generate_key(2048, {"kid": "around", "use": "sig", "alg": "RS256"})
        self.unknown = RSAKey.generate_key(2048, {"kid": "around"})
        self.challenges = {}

    def __call__(self, environ, start_response):
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if path.startswith("/behave/"):
            self.how = path.removeprefix("/behave/")
            start_response("204 No Content", [])
            return []
        if self.how == "away":
            start_response("503 Service Unavailable", [])
            return []
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) if method in {"POST", "PUT"} else b""
        environ["wsgi.input"] = io.BytesIO(sent)
        if path == "/oauth2/token" and not self.fits(parse_qs(sent.decode())):
            start_response("400 Bad Request", [("Content-Type", "application/json")])
            return [b'{"error": "invalid_grant"}']
        said = {}
        body = b"".join(
            self.inner(environ, lambda status, headers, _=None: said.update(status=status, headers=headers))
        )
        body, headers = self.changed(path, environ, body, said)
        start_response(said["status"], headers)
        return [body]

    def fits(self, sent):
        """PKCE: the challenge that came with the code is the hash of the verifier."""
        challenge = self.challenges.pop(sent.get("code", [""])[0], None)
        digest = hashlib.sha256(sent.get("code_verifier", [""])[0].encode()).digest()
        return challenge == base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def changed(self, path, environ, body, said):
        headers = dict(said["headers"])
        if path == "/oauth2/authorize" and said["status"].startswith("302"):
            code = parse_qs(urlsplit(headers["Location"]).query).get("code", [""])[0]
            self.challenges[code] = parse_qs(environ["QUERY_STRING"])["code_challenge"][0]
        elif path == "/jwks":
            keys = json.loads(body)["keys"] + [self.key.as_dict(private=False)]
            body = json.dumps({"keys": keys}).encode()
        elif path == "/.well-known/openid-configuration" and self.how == "renamed":
            body = json.dumps(json.loads(body) | {"issuer": "https://ailleurs.example"}).encode()
        elif path == "/oauth2/token" and said["status"].startswith("200"):
            tokens = json.loads(body)
            tokens["id_token"] = self.token(tokens["id_token"])
            body = json.dumps(tokens).encode()
        elif path == "/userinfo" and self.how.startswith("signed_person"):
            issuer = f"http://{environ['HTTP_HOST']}"
            audience = CLIENT if self.how == "signed_person" else "un autre service"
            claims = json.loads(body) | {"iss": issuer, "aud": audience}
            body = jwt.encode({"alg": "RS256", "kid": "around"}, claims, self.key).encode()
            headers["Content-Type"] = "application/jwt"
        headers["Content-Length"] = str(len(body))
        return body, list(headers.items())

    def token(self, text):
        payload = text.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        claims.pop("at_hash", None)
        if self.how == "unsigned":
            header = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
            return f"{header}.{payload}."
        if self.how == "shared_secret":
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
        if self.how == "unknown_key":
            return jwt.encode({"alg": "RS256", "kid": "around"}, claims, self.unknown)
        if self.how not in ALTERED:
            return text
        claims = {name: value for name, value in (claims | ALTERED[self.how]).items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": "around"}, claims, self.key)


class ProviderProcess:
    """The provider, seen from a test."""

    def __init__(self, address):
        self.issuer = address

    async def behave(self, how="honest"):
        async with httpx.AsyncClient() as client:
            await client.put(f"{self.issuer}/behave/{how}")

    async def knows(self, subject, **claims):
        """Let a person be known, with what is told of them."""
        async with httpx.AsyncClient() as client:
            (await client.put(f"{self.issuer}/users/{subject}", json=claims)).raise_for_status()

    async def signs_in(self, way_in, subject):
        """A person signs in there; returns where their browser is sent."""
        async with httpx.AsyncClient() as client:
            answer = await client.post(way_in, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]


@asynccontextmanager
async def provider_process():
    """The provider on a port of its own; stopped afterwards."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.oidc_process", str(port)),
        env=os.environ | {"AUTHLIB_INSECURE_TRANSPORT": "1"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    provider = ProviderProcess(f"http://127.0.0.1:{port}")
    try:
        await eventually(lambda: _answers(provider.issuer), "the provider to answer", seconds=60)
        yield provider
    finally:
        process.terminate()
        await process.wait()


async def _answers(address):
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"{address}/jwks")).status_code == 200
        except httpx.TransportError:
            return False


if __name__ == "__main__":
    import oidc_provider_mock
    from werkzeug.serving import run_simple

    run_simple("127.0.0.1", int(sys.argv[1]), Around(oidc_provider_mock.app()), threaded=True)
