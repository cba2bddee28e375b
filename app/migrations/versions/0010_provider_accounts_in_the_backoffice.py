"""provider accounts in the backoffice: methods switched off, when it last answered, who changed what"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("provider_accounts", sa.Column("methods_off", DOCUMENT, nullable=False, server_default="[]"))
    op.add_column("provider_accounts", sa.Column("connected_at", sa.DateTime(timezone=True)))
    op.add_column("provider_accounts", sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("provider_accounts", sa.Column("secrets_set_at", DOCUMENT, nullable=False, server_default="{}"))
    op.create_table(
        "provider_account_changes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.String(40), nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("fields", DOCUMENT, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_account_changes")),
    )
    op.create_index("ix_provider_account_changes_account", "provider_account_changes", ["account_id", "id"])
    op.create_index("ix_webhook_deliveries_account_received", "webhook_deliveries", ["account_id", "received_at"])


def downgrade() -> None:
    op.drop_index("ix_webhook_deliveries_account_received", "webhook_deliveries")
    op.drop_table("provider_account_changes")
    op.drop_column("provider_accounts", "secrets_set_at")
    op.drop_column("provider_accounts", "revision")
    op.drop_column("provider_accounts", "connected_at")
    op.drop_column("provider_accounts", "methods_off")
