"""everybody who wrote in the draft, in its steps and in each version: none of them is the second person who approves"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

LIST = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TABLES = {"rule_set_drafts": "id", "rule_set_versions": "number"}


def upgrade() -> None:
    for name, key in TABLES.items():
        # Not in a batch: SQLite would build the table anew, and other tables refer to it.
        op.add_column(name, sa.Column("authors", LIST, nullable=False, server_default="[]"))
        table = sa.table(name, sa.column(key), sa.column("author"), sa.column("authors", LIST))
        for row in op.get_bind().execute(sa.select(table.c[key], table.c.author)).all():
            if row.author is not None:
                op.execute(table.update().where(table.c[key] == row[0]).values(authors=[row.author]))
    op.execute("DELETE FROM draft_steps")  # who else had written is not known of them
    op.drop_column("draft_steps", "written_by")
    op.add_column("draft_steps", sa.Column("authors", LIST, nullable=False))
    op.add_column("draft_steps", sa.Column("based_on", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM draft_steps")
    op.add_column("draft_steps", sa.Column("written_by", sa.String(length=254), nullable=True))
    op.drop_column("draft_steps", "based_on")
    for name in (*TABLES, "draft_steps"):
        op.drop_column(name, "authors")
