"""Who is it? An unguessable id for each browser, in a cookie that no script of the page can read.

The middleware stands in front of Streamlit's server and does three things:

- It gives the page's document a signed cookie (HttpOnly, SameSite=Lax, Secure under https) with the browser's id, if the
  browser brings none that is sound. The document only: requests that come at once would overwrite one another's cookies.
- It tells the application the id, in a header of its own that `server.trustedUserHeaders` puts into `st.user`. The same
  header from outside is taken away. Without a sound cookie there is no header, and nobody is anybody.
- When somebody logs in or out, the browser gets a new id, so that what was done as one is not found as the other. The
  cookie also tells the ids before, whose conversations may be taken over; it is the server that says which.

The secret is VIBEHUNTR_COOKIE_SECRET, or a file that is made at the first start, readable by its owner only. The cookie's
name depends on it: browsers send the cookies of one program to another on the same host, whatever its port.

What it does not: a logout is known to a page when it connects the next time, and Streamlit's login cookie, once copied, is
good until it expires.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger("vibehuntr.identity")

_MOST_BEFORE = 8
CLIENT_HEADER = "x-vibehuntr-client"
BEFORE_HEADER = "x-vibehuntr-before"
LOGIN_COOKIE = "_streamlit_user"  # Streamlit's own: set by a login, deleted by a logout
_SECONDS = 400 * 24 * 3600  # as long as browsers keep a cookie
_RENEWED_AFTER = 24 * 3600


@dataclass(frozen=True, slots=True)
class Identity:
    """A browser's id, and those it had before its user logged in or out, the latest first."""

    client: str
    before: tuple[str, ...] = ()


class IdentityMiddleware:
    """Pure ASGI; see the module for what it does."""

    def __init__(self, app: ASGIApp, secret: str) -> None:
        """Stand in front of `app`; cookies are signed with `secret`."""
        self._app = app
        self._signer = URLSafeTimedSerializer(secret, salt="vibehuntr identity")
        self._name = cookie_name(secret)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or websocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        cookies = HTTPConnection(scope).cookies
        cookie = cookies.get(self._name, "")
        identity = self._read(cookie, _SECONDS)
        fresh = None
        if _is_document(scope) and (identity is None or self._read(cookie, _RENEWED_AFTER) is None):
            fresh = identity = identity or Identity(secrets.token_urlsafe(24))

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                cookie_for = _after_login(headers, identity, was_logged_in=LOGIN_COOKIE in cookies) or fresh
                if cookie_for:
                    headers.append("set-cookie", self._cookie(cookie_for, secure=_is_secure(scope)))
            await send(message)

        await self._app({**scope, "headers": _told(scope, identity)}, receive, answer)

    def _read(self, cookie: str, max_age: int) -> Identity | None:
        try:
            client, before = self._signer.loads(cookie, max_age=max_age)
        except (BadData, ValueError, TypeError):
            return None
        return Identity(client, tuple(before))

    def _cookie(self, identity: Identity, *, secure: bool) -> str:
        value = self._signer.dumps([identity.client, identity.before])
        return f"{self._name}={value}; Path=/; Max-Age={_SECONDS}; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")


def _is_document(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", "")


def _is_secure(scope: Scope) -> bool:
    return scope["scheme"] == "https" or Headers(scope=scope).get("x-forwarded-proto", "").startswith("https")


def _after_login(answer: Headers, identity: Identity | None, *, was_logged_in: bool) -> Identity | None:
    """Return the new identity of a browser whose user logs in or out with this answer, or None.

    Streamlit deletes its cookie for everybody who asks, and when a login fails: only who was logged in has logged out.
    """
    cookies = [cookie for cookie in answer.getlist("set-cookie") if cookie.startswith(f"{LOGIN_COOKIE}=")]
    logs_in = any("max-age=0" not in cookie.lower() for cookie in cookies)
    if not logs_in and not (cookies and was_logged_in):
        return None
    before = (identity.client, *identity.before) if identity else ()
    return Identity(secrets.token_urlsafe(24), before[:_MOST_BEFORE])


def _told(scope: Scope, identity: Identity | None) -> list[tuple[bytes, bytes]]:
    """Return the request's headers with ours, and with no such header from outside."""
    ours = (CLIENT_HEADER.encode(), BEFORE_HEADER.encode())
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in ours]
    if identity:
        headers.append((ours[0], identity.client.encode()))
        headers += [(ours[1], ",".join(identity.before).encode())] if identity.before else []
    return headers


def cookie_name(secret: str) -> str:
    """Return the name of the cookie that is signed with a secret."""
    return f"vibehuntr_{hashlib.sha256(secret.encode()).hexdigest()[:8]}"


def cookie_secret(environ: Mapping[str, str], folder: Path) -> str:
    """Return the secret that signs cookies: VIBEHUNTR_COOKIE_SECRET, or the one in `folder`, made if need be."""
    if given := environ.get("VIBEHUNTR_COOKIE_SECRET"):
        return given
    file = folder / "cookie_secret"
    made = secrets.token_urlsafe(48)
    try:
        with tempfile.NamedTemporaryFile("w", dir=folder) as whole:  # readable by its owner only
            whole.write(made)
            whole.flush()
            with suppress(FileExistsError):  # by an earlier start, or by one at the same moment
                file.hardlink_to(whole.name)
        return file.read_text().strip() or made
    except OSError as error:
        logger.warning("no cookie secret can be kept (%s): browsers are forgotten at a restart. Set VIBEHUNTR_COOKIE_SECRET.", error)
    return made
