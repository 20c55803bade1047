"""What a person may do: permissions are the words the routes ask for, roles are bundles of them."""

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    DESK_WORK = "desk.work"
    QUEUE_VIEW = "queue.view"
    QUEUE_STEER = "queue.steer"
    QUEUE_SETUP = "queue.setup"
    CAMPAIGN_VIEW = "campaign.view"
    CAMPAIGN_STEER = "campaign.steer"
    CALLBACK_BOOK = "callback.book"
    RECORDING_LIST = "recording.list"
    RECORDING_LISTEN = "recording.listen"
    SHOP_VIEW = "shop.view"
    SHOP_EDIT = "shop.edit"
    SHOP_PRICE = "shop.price"
    SHOP_DISCOUNT = "shop.discount"
    ORDERS_POST = "orders.post"
    LEADS_POST = "leads.post"
    USERS_ADMIN = "users.admin"
    METRICS_VIEW = "metrics.view"


class Role(StrEnum):
    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"
    QA = "qa"
    API = "api"


_STEERING = frozenset(
    {
        Permission.QUEUE_VIEW,
        Permission.QUEUE_STEER,
        Permission.QUEUE_SETUP,
        Permission.CAMPAIGN_VIEW,
        Permission.CAMPAIGN_STEER,
        Permission.CALLBACK_BOOK,
        Permission.LEADS_POST,
        Permission.RECORDING_LIST,
        Permission.RECORDING_LISTEN,
        Permission.SHOP_VIEW,
        Permission.SHOP_EDIT,
        Permission.SHOP_PRICE,
        Permission.SHOP_DISCOUNT,
        Permission.METRICS_VIEW,
    }
)

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    # An administrator has no phone: desk.work would give them an operator's seat in routing.
    Role.ADMIN: frozenset(Permission) - {Permission.DESK_WORK},
    Role.SUPERVISOR: _STEERING,
    Role.OPERATOR: frozenset(
        {Permission.DESK_WORK, Permission.SHOP_VIEW, Permission.SHOP_EDIT, Permission.SHOP_DISCOUNT}
    ),
    Role.QA: frozenset({Permission.RECORDING_LIST, Permission.RECORDING_LISTEN, Permission.SHOP_VIEW}),
    Role.API: frozenset(
        {
            Permission.ORDERS_POST,
            Permission.CALLBACK_BOOK,
            Permission.LEADS_POST,
            Permission.SHOP_VIEW,
            Permission.SHOP_EDIT,
            Permission.SHOP_PRICE,
            Permission.METRICS_VIEW,
        }
    ),
}
