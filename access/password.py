"""Secrets of people and programs: argon2 for what a person chose, SHA-256 for what we drew at random ourselves."""

import asyncio
import hashlib
import secrets
from functools import cached_property

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

MIN_PASSWORD = 12
MAX_PASSWORD = 256
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no 0/o, 1/l/i: people copy these by eye


class WeakPassword(Exception):
    """Shorter than MIN_PASSWORD, or longer than MAX_PASSWORD characters."""


def new_secret() -> str:
    """32 random bytes, safe in URLs and headers."""
    return secrets.token_urlsafe(32)


def new_password() -> str:
    """Four groups of four letters and digits (79 bits), easy to copy by hand."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def digest(secret: str) -> str:
    """What a table keeps of a random secret: 32 random bytes need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


class PasswordKeeper:
    """Argon2id off the event loop, a few at a time: each hash takes some 64 MB for its 50 ms."""

    def __init__(self, at_once: int = 2, hasher: Argon2Hasher | None = None) -> None:
        self._hash = PasswordHash((hasher or Argon2Hasher(),))
        self._turns = asyncio.Semaphore(at_once)

    @cached_property
    def nobody(self) -> str:
        """The hash that a missing user's password is tried against; made when first needed, for it takes its 50 ms."""
        return self._hash.hash(new_secret())

    async def hash(self, password: str) -> str:
        """Raises WeakPassword."""
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise WeakPassword(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")
        async with self._turns:
            return await asyncio.to_thread(self._hash.hash, password)

    async def matches(self, password: str, stored: str | None) -> bool:
        """The same work whether or not there is such a user, so that the answer's time tells nothing."""
        async with self._turns:
            try:
                right = await asyncio.to_thread(self._verify, password[:MAX_PASSWORD], stored)
            except UnknownHashError:
                return False
        return right and stored is not None

    def _verify(self, password: str, stored: str | None) -> bool:
        return self._hash.verify(password, stored or self.nobody)
