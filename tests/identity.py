"""A small identity provider on loopback: OpenID Connect for people the test invents, offline."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.server import free_port
from tests.waiting import until

CLIENT, SECRET = "synth", "only a test"


class Provider:
    """Who may sign in, and with which groups; whoever is at the browser clicks who they are."""

    def __init__(
        self, address: str, people: Mapping[str, Sequence[str]], lasts: int = 3600
    ) -> None:
        self.address, self.people, self.lasts = address, people, lasts
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self.codes: dict[str, tuple[str, str]] = {}  # who, and the nonce that they came with

    def about(self, request: Request) -> Response:
        told = {"authorization": "authorize", "token": "token"}
        places = {f"{name}_endpoint": f"{self.address}/{path}" for name, path in told.items()}
        known = {
            "issuer": self.address,
            "jwks_uri": f"{self.address}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return JSONResponse({**known, **places})

    def keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if name := asked.pop("as", ""):
            code = secrets.token_urlsafe(8)
            self.codes[code] = (name, asked.get("nonce", ""))
            back = urlencode({"code": code, "state": asked["state"]})
            return RedirectResponse(f"{asked['redirect_uri']}?{back}")
        links = (
            f'<a href="/authorize?{urlencode({**asked, "as": n})}">{n}</a>' for n in self.people
        )
        return HTMLResponse(f"<!doctype html><title>Who are you?</title>{' '.join(links)}")

    async def token(self, request: Request) -> Response:
        async with request.form() as form:
            name, nonce = self.codes.pop(str(form["code"]))
        now = int(time.time())
        claims = {
            "iss": self.address,
            "aud": CLIENT,
            "sub": f"id-of-{name}",
            "email": f"{name}@example.org",
            "groups": list(self.people[name]),
            "nonce": nonce,
            "iat": now,
            "exp": now + 3600,
        }
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.key)
        kind = {"access_token": secrets.token_urlsafe(8), "token_type": "Bearer"}
        return JSONResponse({**kind, "id_token": token, "expires_in": 3600})

    def secrets_for(self, app: str) -> str:
        """Streamlit's secrets for an app at an address."""
        told = {
            "redirect_uri": f"{app}/oauth2callback",
            "cookie_secret": secrets.token_hex(),
            "client_id": CLIENT,
            "client_secret": SECRET,
            "server_metadata_url": f"{self.address}/.well-known/openid-configuration",
        }
        return "[auth]\n" + "".join(f'{name} = "{value}"\n' for name, value in told.items())


@contextmanager
def provided(people: Mapping[str, Sequence[str]]) -> Iterator[Provider]:
    """A provider in a thread, which is stopped afterwards."""
    port = free_port()
    provider = Provider(f"http://localhost:{port}", people)
    routes = [
        Route("/.well-known/openid-configuration", provider.about),
        Route("/jwks", provider.keys),
        Route("/authorize", provider.authorize),
        Route("/token", provider.token, methods=["POST"]),
    ]
    config = uvicorn.Config(Starlette(routes=routes), port=port, log_level="error", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started, "the provider did not start")
        yield provider
    finally:
        server.should_exit = True
        thread.join()
