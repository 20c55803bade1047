"""The doorkeeper: who is asking, what they may do, and whether their browser was sent here by a stranger.

Every route carries either `require(...)` or `public`; a test fails for a route with neither.

    router = APIRouter(dependencies=[Depends(require(Permission.SHOP_VIEW))])
    async def page(user: Annotated[User, Depends(require(Permission.SHOP_EDIT))]) -> ...
"""

from functools import cache
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ..access.permission import Permission
from ..access.user import User
from .house import HouseDep
from .problem import Problem

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="API key",
    description="`Authorization: Bearer <key>`. Pages use a session cookie instead.",
)


async def public() -> None:
    """Marks a route that is open to everybody."""


def cookie_name(secure: bool) -> str:
    """Over https the browser itself guards the `__Host-` prefix: this host, this path, secure only."""
    return "__Host-cordboard" if secure else "cordboard"


class Require:
    """A dependency that gives the signed-in user (or the program behind an API key), or refuses: 401 unknown, 403 not allowed."""

    def __init__(self, permission: Permission | None) -> None:
        self.permission = permission

    async def __call__(
        self, request: Request, house: HouseDep, _key: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> User:
        user = await user_of(request, house)
        if user is None:
            raise Problem(401, "sign in first", headers={"WWW-Authenticate": "Bearer"})
        if self.permission is not None and not user.can(self.permission):
            raise Problem(403, "your role may not do this")
        return user


class RequireUnlessLocal(Require):
    """As Require, but lets a caller on this very machine in without a name."""

    async def __call__(  # type: ignore[override]
        self, request: Request, house: HouseDep, _key: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> User | None:
        return None if is_local(request) else await super().__call__(request, house, _key)


@cache
def require(permission: Permission | None = None) -> Require:
    """The dependency for one permission; without one, any signed-in user will do. One object a permission, so it runs once a request."""
    return Require(permission)


async def user_of(request: Request, house: HouseDep) -> User | None:
    """The user behind the API key or the session cookie. A wrong key is nobody, whatever cookie comes along."""
    if not hasattr(request.state, "user"):
        request.state.user = await _look_up(request, house)
    found: User | None = request.state.user
    return found


async def _look_up(request: Request, house: HouseDep) -> User | None:
    authorization = request.headers.get("authorization")
    if authorization is not None:
        scheme, _, secret = authorization.partition(" ")
        return await house.access.api_key_user(secret.strip()) if scheme.lower() == "bearer" else None
    token = request.cookies.get(cookie_name(house.site.secure))
    return await house.access.session_user(token) if token else None


def is_local(request: Request) -> bool:
    """Whether the caller sits on this machine. A forwarded request does not, though its proxy may."""
    forwarded = any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip"))
    return request.client is not None and request.client.host in ("127.0.0.1", "::1") and not forwarded


async def same_site(request: Request) -> None:
    """Refuse a change that another site's page sent with our user's cookie; API keys are never sent by a browser on its own."""
    if request.method in _SAFE or "authorization" in request.headers:
        return
    origin, fetch_site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if fetch_site not in (None, "same-origin", "none"):
        raise Problem(403, "this request came from another site")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise Problem(403, "this request came from another site")
