"""The first start: one administrator with a drawn password; there is no default one."""

from collections.abc import Callable

from .password import new_password
from .permission import Role
from .store import AccessStore
from .user import User

ADMIN_LOGIN = "admin"


async def first_start(store: AccessStore, password_out: Callable[[str, str], None]) -> User | None:
    """Make the administrator when there is no user yet, else return None.

    `password_out(login, password)` is told first: if it cannot keep the password, no administrator is made that nobody could be.
    """
    if await store.users():
        return None
    password = new_password()
    password_out(ADMIN_LOGIN, password)
    admin = await store.create_user(ADMIN_LOGIN, "Administrator", Role.ADMIN, password)
    await store.audit(None, "user.first_admin", admin.id, {})
    return admin
