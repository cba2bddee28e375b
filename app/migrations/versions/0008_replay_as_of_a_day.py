"""replays as if it were another day, and over every decision of a session"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What was counted before knows nothing of retries, and a cursor was a decision: ask again.
    op.execute("DELETE FROM replays")
    op.add_column("replays", sa.Column("as_of", sa.Date()))


def downgrade() -> None:
    op.execute("DELETE FROM replays")
    op.drop_column("replays", "as_of")
