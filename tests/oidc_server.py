"""A tiny OpenID Connect provider that the real `st.login` talks to; its login form is the test that sets `user`.

Codes work once, for the redirect_uri they were given for and with the PKCE verifier of their challenge, as providers demand.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

ANA = {"sub": "ana-1", "email": "ana@example.test", "name": "Ana"}
_LIFETIME = 3600


class _RefusedError(Exception):
    """The request breaks the protocol; `error` is OAuth's word for how."""

    def __init__(self, error: str, why: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(why)
        self.error, self.status = error, status


@dataclass(frozen=True)
class _Asked:
    """A request's parameters, from its query or its form, and its Authorization header."""

    params: Mapping[str, str]
    authorization: str

    def need(self, name: str) -> str:
        if value := self.params.get(name):
            return value
        raise _RefusedError("invalid_request", f"{name} is missing")


@dataclass(frozen=True)
class _Answer:
    """JSON, or a redirect when there is a location."""

    body: Mapping[str, Any]
    location: str = ""
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True)
class _Grant:
    """What /authorize promised to whoever brings its code to /token."""

    user: dict[str, Any]
    redirect_uri: str
    nonce: str
    challenge: str


class OidcServer:
    """Use as a context manager; `url` is the issuer, `user` holds the claims of whom the next login signs in."""

    def __init__(self, user: Mapping[str, Any] = ANA, port: int = 0) -> None:
        self.user = dict(user)
        self.client_id, self.client_secret = "vibehuntr-test", "secret-of-the-test"
        self._key = _key()  # made before any thread asks for it
        self._grants: dict[str, _Grant] = {}
        self._signed_in: dict[str, dict[str, Any]] = {}  # claims by access token
        self._http = ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, self._answer))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), name="oidc-server", daemon=True)
        self._routes: dict[str, Callable[[_Asked], _Answer]] = {
            "GET /.well-known/openid-configuration": self._metadata,
            "GET /authorize": self._authorize,
            "POST /token": self._token,
            "GET /jwks": self._jwks,
            "GET /userinfo": self._userinfo,
            "GET /end_session": self._end_session,
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(10)

    def _answer(self, route: str, asked: _Asked) -> _Answer:
        """Answer a `METHOD /path`, a refusal in OAuth's form."""
        handle = self._routes.get(route)
        if not handle:
            return _Answer({"error": "not_found"}, status=HTTPStatus.NOT_FOUND)
        try:
            return handle(asked)
        except _RefusedError as refused:
            return _Answer({"error": refused.error, "error_description": str(refused)}, status=refused.status)

    def _metadata(self, _: _Asked) -> _Answer:
        ends = {f"{name}_endpoint": f"{self.url}/{name}" for name in ("token", "userinfo", "end_session")}
        return _Answer(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "jwks_uri": f"{self.url}/jwks",
                **ends,
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256"],  # without it Streamlit leaves PKCE out
                "scopes_supported": ["openid", "email", "profile"],
            }
        )

    def _authorize(self, asked: _Asked) -> _Answer:
        """Send the browser straight back with a code: `user` has logged in."""
        if asked.need("client_id") != self.client_id or asked.need("response_type") != "code":
            raise _RefusedError("unauthorized_client", "no such client, or not for a code")
        challenge = asked.params.get("code_challenge", "")
        if challenge and asked.params.get("code_challenge_method") != "S256":
            raise _RefusedError("invalid_request", "the challenge is not S256")
        redirect_uri, code = asked.need("redirect_uri"), secrets.token_urlsafe()
        self._grants[code] = _Grant(dict(self.user), redirect_uri, asked.params.get("nonce", ""), challenge)
        state = {"state": asked.params["state"]} if "state" in asked.params else {}
        return _redirect(redirect_uri, {"code": code, **state})

    def _token(self, asked: _Asked) -> _Answer:
        if _client(asked) != (self.client_id, self.client_secret):
            raise _RefusedError("invalid_client", "wrong client_id or client_secret", HTTPStatus.UNAUTHORIZED)
        if asked.need("grant_type") != "authorization_code":
            raise _RefusedError("unsupported_grant_type", "only codes are traded in")
        grant = self._redeem(asked)
        token = secrets.token_urlsafe()
        self._signed_in[token] = grant.user
        body = {"access_token": token, "token_type": "Bearer", "expires_in": _LIFETIME, "scope": "openid email profile"}
        return _Answer({**body, "id_token": self._id_token(grant)})

    def _redeem(self, asked: _Asked) -> _Grant:
        """Take the code's grant away, so that a code works once."""
        grant = self._grants.pop(asked.need("code"), None)
        if not grant or grant.redirect_uri != asked.params.get("redirect_uri"):
            raise _RefusedError("invalid_grant", "no such code for this redirect_uri")
        if grant.challenge and grant.challenge != _s256(asked.params.get("code_verifier", "")):
            raise _RefusedError("invalid_grant", "the verifier is not the challenge's")
        return grant

    def _id_token(self, grant: _Grant) -> str:
        """Sign the claims. The user's own win: a test spoils `iss`, `nonce` or `exp` through `user`."""
        now = int(time.time())
        claims: dict[str, Any] = {"iss": self.url, "aud": self.client_id, "iat": now, "exp": now + _LIFETIME}
        nonce = {"nonce": grant.nonce} if grant.nonce else {}
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, {**claims, **nonce, **grant.user}, self._key)

    def _jwks(self, _: _Asked) -> _Answer:
        return _Answer({**KeySet([self._key]).as_dict(private=False)})

    def _userinfo(self, asked: _Asked) -> _Answer:
        user = self._signed_in.get(asked.authorization.removeprefix("Bearer "))
        if user is None:
            raise _RefusedError("invalid_token", "no such access token", HTTPStatus.UNAUTHORIZED)
        return _Answer(user)

    def _end_session(self, asked: _Asked) -> _Answer:
        """Send the browser back; there is no session to end, for `user` alone decides who logs in."""
        state = {"state": asked.params["state"]} if "state" in asked.params else {}
        return _redirect(asked.need("post_logout_redirect_uri"), state)


class _Handler(BaseHTTPRequestHandler):
    """HTTP/1.0 on purpose: no connection is kept alive, so no thread outlives its answer."""

    timeout = 10  # a browser opens connections ahead of need and may say nothing on them

    def __init__(self, answer: Callable[[str, _Asked], _Answer], *args: Any) -> None:
        self._answer = answer
        super().__init__(*args)  # which already handles the request

    def do_GET(self) -> None:
        self._reply(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._reply(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def _reply(self, params: str) -> None:
        asked = _Asked(dict(parse_qsl(params)), self.headers.get("Authorization", ""))
        answer = self._answer(f"{self.command} {urlsplit(self.path).path}", asked)
        data = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        if answer.location:
            self.send_header("Location", answer.location)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Say nothing: a failing test prints what it wants to know."""


@cache
def _key() -> RSAKey:
    """Make one key a process, for making one takes tenths of a second."""
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


def _client(asked: _Asked) -> tuple[str, str]:
    """Return the id and secret that the client shows, by basic auth or in the form."""
    scheme, _, value = asked.authorization.partition(" ")
    if scheme.lower() != "basic":
        return asked.params.get("client_id", ""), asked.params.get("client_secret", "")
    name, _, secret = base64.b64decode(value).decode().partition(":")
    return name, secret


def _s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _redirect(uri: str, params: Mapping[str, str]) -> _Answer:
    """Send the browser to the uri with the parameters behind those that it has."""
    joint = "&" if urlsplit(uri).query else "?"
    return _Answer({}, uri + (joint + urlencode(params) if params else ""), HTTPStatus.FOUND)
