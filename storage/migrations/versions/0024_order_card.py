"""The order card: changes of customers' cards, the outbox to the shop's own system, products found by their words,
links by which customers confirm."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customer", sa.Column("version", sa.Integer, nullable=False, server_default="1"))
    op.create_table(
        "customer_change",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("customer_id", sa.String(36), sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("actor_id", sa.String(36)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("undoes", sa.String(36)),
    )
    op.create_index("ix_customer_change_customer_id", "customer_change", ["customer_id"])
    _outbox()
    _catalogue()
    _asking()


def _asking() -> None:
    op.create_table(
        "order_asking",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("order_id", sa.String(36), sa.ForeignKey("orders.id"), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("way", sa.String(10), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("asked_by", sa.String(36)),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True)),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("answer", sa.String(20)),
        sa.Column("remark", sa.String(1000), nullable=False),
        sa.UniqueConstraint("token_hash", name="uq_order_asking_token_hash"),
    )
    op.create_index("ix_order_asking_order_id", "order_asking", ["order_id"])


def _catalogue() -> None:
    op.create_table(
        "product_word",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("word", sa.LargeBinary(200), nullable=False),
        sa.UniqueConstraint("word", name="uq_product_word_word"),
    )
    word = "product_word.id"
    op.create_table(
        "product_word_gram",
        sa.Column("gram", sa.LargeBinary(12), primary_key=True),
        sa.Column("word_id", sa.Integer, sa.ForeignKey(word, ondelete="CASCADE"), primary_key=True),
    )
    op.create_table(
        "product_word_use",
        _of_product(),
        sa.Column("word_id", sa.Integer, sa.ForeignKey(word, ondelete="CASCADE"), primary_key=True),
    )
    op.create_index("ix_product_word_use_word_id", "product_word_use", ["word_id", "product_id"])
    op.create_table(
        "product_card",
        _of_product(),
        sa.Column("description_ru", sa.Text, nullable=False),
        sa.Column("description_en", sa.Text, nullable=False),
        sa.Column("synonyms", sa.String(1000), nullable=False),
        sa.Column("family", sa.String(64), nullable=False),
        sa.Column("variant", sa.String(100), nullable=False),
    )
    op.create_index("ix_product_card_family", "product_card", ["family"])
    op.create_table(
        "product_tie",
        _of_product(),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("article", sa.String(64), primary_key=True),
        sa.Column("place", sa.Integer, nullable=False),
    )
    op.create_table(
        "product_stock",
        _of_product(),
        sa.Column("store", sa.String(100), primary_key=True),
        sa.Column("pieces", sa.Integer, nullable=False),
        sa.Column("arrives_on", sa.Date),
        sa.Column("arriving", sa.Integer, nullable=False),
    )


def _of_product() -> sa.Column[str]:
    return sa.Column("product_id", sa.String(36), sa.ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("no", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(36), nullable=False),
        sa.Column("topic", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(36), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("trouble", sa.String(20)),
        sa.Column("said", sa.String(200), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_outbox_due_at", "outbox", ["due_at"])
    op.create_index("ix_outbox_subject", "outbox", ["subject", "topic", "no"])


def downgrade() -> None:
    op.drop_table("order_asking")
    for table in ("stock", "tie", "card", "word_use", "word_gram", "word"):
        op.drop_table(f"product_{table}")
    op.drop_table("outbox")
    op.drop_table("customer_change")
    op.drop_column("customer", "version")
