"""The shop: products, customers, orders with their changes, notes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _customers()
    _orders()
    _traces()
    counter = op.create_table(
        "shop_counter",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_shop_counter"),
    )
    op.bulk_insert(counter, [{"name": "order", "value": 10000}])


def _customers() -> None:
    op.create_table(
        "customer",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("external_id", sa.String(100)),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("city", sa.String(100), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("segment", sa.String(50), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customer"),
        sa.UniqueConstraint("external_id", name="uq_customer_external_id"),
    )
    op.create_table(
        "customer_phone",
        sa.Column("customer_id", sa.String(36), nullable=False),
        sa.Column("phone", sa.String(16), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "phone", name="pk_customer_phone"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name="fk_customer_phone_customer_id_customer", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_customer_phone_phone", "customer_phone", ["phone"])


def _orders() -> None:
    op.create_table(
        "product",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("article", sa.String(64), nullable=False),
        sa.Column("name_ru", sa.String(300), nullable=False),
        sa.Column("name_en", sa.String(300), nullable=False),
        sa.Column("price", sa.BigInteger, nullable=False),
        sa.Column("stock", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_product"),
        sa.UniqueConstraint("article", name="uq_product_article"),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("external_id", sa.String(100), nullable=False),
        sa.Column("posted_hash", sa.String(64), nullable=False),
        sa.Column("number", sa.String(64), nullable=False),
        sa.Column("customer_id", sa.String(36), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("delivery_address", sa.String(500), nullable=False),
        sa.Column("delivery_slot", sa.String(100), nullable=False),
        sa.Column("payment", sa.String(100), nullable=False),
        sa.Column("courier_comment", sa.String(1000), nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("promised_at", sa.DateTime(timezone=True)),
        sa.Column("cancel_reason", sa.String(500)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.UniqueConstraint("external_id", name="uq_orders_external_id"),
        sa.UniqueConstraint("number", name="uq_orders_number"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_orders_customer_id_customer"),
    )
    op.create_index("ix_orders_customer_id", "orders", ["customer_id", "placed_at"])
    op.create_index("ix_orders_placed_at", "orders", ["placed_at"])
    op.create_table(
        "order_item",
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("product_id", sa.String(36), nullable=False),
        sa.Column("article", sa.String(64), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("price", sa.BigInteger, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("order_id", "place", name="pk_order_item"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_item_order_id_orders", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_order_item_product_id_product"),
    )


def _traces() -> None:
    op.create_table(
        "order_change",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("actor_id", sa.String(36)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("undoes", sa.String(36)),
        sa.PrimaryKeyConstraint("id", name="pk_order_change"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_change_order_id_orders"),
    )
    op.create_index("ix_order_change_order_id", "order_change", ["order_id"])
    op.create_table(
        "customer_note",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("customer_id", sa.String(36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("actor_id", sa.String(36)),
        sa.PrimaryKeyConstraint("id", name="pk_customer_note"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_customer_note_customer_id_customer"),
    )
    op.create_index("ix_customer_note_customer_id", "customer_note", ["customer_id"])


def downgrade() -> None:
    tables = ("shop_counter", "customer_note", "order_change", "order_item", "orders", "product", "customer_phone")
    for table in (*tables, "customer"):
        op.drop_table(table)
