"""Log in with a name and a password from a file; the page needs no other host."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import Any, ClassVar

from panel.auth import BasicAuthProvider, BasicLoginHandler, LogoutHandler
from panel.config import config
from tornado.escape import url_escape

from minian_web import assets
from minian_web.errors import DataError

SECONDS_AFTER_FAILURE = 1.0
SCRYPT = {"n": 2**14, "r": 8, "p": 1}
NOBODY = f"scrypt${'00' * 16}$"  # what an unknown name is checked against; no password has an empty hash


def hashed(password: str, salt: str | None = None) -> str:
    """Give `scrypt$salt$hash` of a password, to be written into the file instead of the password itself."""
    salt = salt or secrets.token_hex(16)
    digest = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), **SCRYPT)
    return f"scrypt${salt}${digest.hex()}"


def fits(password: str, stored: str) -> bool:
    """Whether this password is the stored one; hashed once in any case, so that the time tells nothing."""
    is_hash = stored.startswith("scrypt$")
    given = hashed(password, stored.split("$")[1] if is_hash else None)
    return hmac.compare_digest(_short(given if is_hash else password), _short(stored))


def _short(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def read_users(path: Path) -> dict[str, str]:
    """Read the file of names and passwords, a JSON object `{"ann": "password or scrypt$..."}`.

    Raises
    ------
    DataError
        If the file is missing, no such object, or readable by everybody.
    """
    expected = 'a JSON object {"name": "password"}'
    try:
        users = json.loads(path.read_text(encoding="utf-8"))
        readable_by_all = os.name == "posix" and path.stat().st_mode & 0o007
    except OSError as error:
        raise DataError(path, expected, error.strerror or str(error)) from error
    except ValueError as error:
        raise DataError(path, expected, f"something else ({error})") from error
    if not isinstance(users, dict) or not users or not all(isinstance(one, str) and one for one in users.values()):
        raise DataError(path, expected, "something else, or nobody in it")
    if readable_by_all:
        raise DataError(path, "a file that others cannot read (chmod 600)", "one that everybody can read")
    return users


class Login(BasicLoginHandler):
    """`/login`: checks in constant time, slowly after a failure, and sets cookies that other sites cannot use."""

    path: ClassVar[Path]

    def _validate(self, username: str, password: str) -> bool:
        stored = read_users(self.path).get(username)
        known = fits(password, stored if stored is not None else NOBODY)
        return known and stored is not None

    def get(self) -> None:
        """Show the form; without a page to go on to, the home page is meant, below the prefix of this server."""
        if not self.get_argument("next", ""):
            self.request.arguments["next"] = [self.request.path.removesuffix("login").encode()]
        super().get()

    async def post(self) -> None:
        """Take name and password from the form."""
        name, password = self.get_argument("username", ""), self.get_argument("password", "", strip=False)
        loop = asyncio.get_running_loop()
        if await loop.run_in_executor(None, self._validate, name[:200], password[:1000]):
            super().post()
        else:
            await asyncio.sleep(SECONDS_AFTER_FAILURE)
            wrong, then = "This name and password do not fit.", self.get_cookie("next_url", "")
            self.redirect(f"{self.request.path}?error={url_escape(wrong)}&next={url_escape(then)}")

    def set_cookie(self, name: str, value: Any, *args: Any, **kwargs: Any) -> None:
        """Set a cookie that is not sent along from other sites, nor unencrypted once it came encrypted."""
        kwargs.setdefault("samesite", "Lax")
        kwargs.setdefault("httponly", True)
        if self.request.protocol == "https":
            kwargs.setdefault("secure", True)
        super().set_cookie(name, value, *args, **kwargs)


class Logout(LogoutHandler):
    """`/logout`: takes the cookies back from where they were set, below a prefix too."""

    def clear_cookie(self, name: str, **kwargs: Any) -> None:
        """Take one cookie back."""
        super().clear_cookie(name, **{"path": config.cookie_path, **kwargs})


class FileLogin(BasicAuthProvider):
    """Users of one file."""

    def __init__(self, path: Path) -> None:
        read_users(path)
        self._path = path
        super().__init__(
            login_template=str(assets.STATIC / "login.html"), logout_template=str(assets.STATIC / "logout.html")
        )

    @property
    def login_handler(self) -> type[Login]:
        """Handler of `/login` for these users."""
        Login._login_endpoint, Login._login_template = self._login_endpoint, self._login_template
        return type("LoginOfFile", (Login,), {"path": self._path})

    @property
    def logout_handler(self) -> type[Logout]:
        """Handler of `/logout`."""
        Logout._logout_template, Logout._login_endpoint = self._logout_template, self._login_endpoint
        return Logout
