"""own attributes, replays, the draft's last steps, and the arm of an experiment that a session is in"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draft_steps",
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("what", sa.String(length=300), nullable=False),
        sa.Column("author", sa.String(length=254), nullable=False),
        sa.Column("written_by", sa.String(length=254), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_draft_steps")),
    )
    op.create_table(
        "own_attributes",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("choices", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("help", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("carried_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "type IN ('money', 'integer', 'string', 'boolean', 'country', 'currency', 'string_list', 'date')",
            name=op.f("ck_own_attributes_type_known"),
        ),
        sa.CheckConstraint("revision > 0", name=op.f("ck_own_attributes_revision_positive")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_own_attributes")),
    )
    op.create_table(
        "replays",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("document", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("replayed", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("cursor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cursor_id", sa.String(length=40), nullable=True),
        sa.Column("figures", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.String(length=254), nullable=True),
        sa.CheckConstraint("finished_at IS NULL OR cancelled_at IS NULL", name=op.f("ck_replays_ends_once")),
        sa.CheckConstraint("replayed >= 0 AND step >= 0 AND total >= 0", name=op.f("ck_replays_counts_up")),
        sa.ForeignKeyConstraint(["version"], ["rule_set_versions.number"], name=op.f("fk_replays_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replays")),
    )
    with op.batch_alter_table("replays", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_replays_created_at"), ["created_at"], unique=False)

    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("arm", sa.String(length=1), nullable=True))
        batch_op.create_check_constraint(op.f("ck_decisions_arm_known"), "arm IN ('a', 'b')")
        batch_op.drop_index(batch_op.f("ix_decisions_rule_id"))
        batch_op.create_index("ix_decisions_created_at_id", ["created_at", "id"], unique=False)
        batch_op.create_index(
            "ix_decisions_rule_id_created_at_session_id", ["rule_id", "created_at", "session_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.drop_index("ix_decisions_rule_id_created_at_session_id")
        batch_op.drop_index("ix_decisions_created_at_id")
        batch_op.create_index(batch_op.f("ix_decisions_rule_id"), ["rule_id"], unique=False)
        batch_op.drop_constraint(op.f("ck_decisions_arm_known"), type_="check")
        batch_op.drop_column("arm")

    with op.batch_alter_table("replays", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_replays_created_at"))

    op.drop_table("replays")
    op.drop_table("own_attributes")
    op.drop_table("draft_steps")
