"""provider accounts in the backoffice: methods switched off, when it last answered, and who changed it first"""

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


def downgrade() -> None:
    op.drop_column("provider_accounts", "revision")
    op.drop_column("provider_accounts", "connected_at")
    op.drop_column("provider_accounts", "methods_off")
