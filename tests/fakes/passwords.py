"""Password hashes that take no time: the real algorithm at its smallest setting."""

from pwdlib.hashers.argon2 import Argon2Hasher

from cordboard.access.password import PasswordKeeper


def quick_keeper() -> PasswordKeeper:
    """Never for a real house: these hashes can be guessed."""
    return PasswordKeeper(hasher=Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
