"""draft the rules; say of each version who approved it, and of each activation why it happened"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

# The first activation of a version published it; every later one went back to it.
KINDS = """
    UPDATE rule_set_activations SET kind = CASE
        WHEN id = (SELECT min(first.id) FROM rule_set_activations AS first
                   WHERE first.version = rule_set_activations.version)
        THEN 'publish' ELSE 'rollback' END
"""


def upgrade() -> None:
    op.create_table(
        'rule_set_drafts',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('document', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
        sa.Column('based_on', sa.Integer(), nullable=True),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('author', sa.String(length=254), nullable=True),
        sa.Column('updated_by', sa.String(length=254), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('approved_revision', sa.Integer(), nullable=True),
        sa.Column('approver', sa.String(length=254), nullable=True),
        sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('publish_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('scheduled_by', sa.String(length=254), nullable=True),
        sa.Column('note', sa.Text(), nullable=False),
        sa.CheckConstraint('id = 1', name=op.f('ck_rule_set_drafts_only_one')),
        sa.CheckConstraint(
            'approved_revision IS NULL OR approved_revision = revision',
            name=op.f('ck_rule_set_drafts_approved_as_it_stands'),
        ),
        sa.CheckConstraint(
            '(approved_revision IS NULL) = (approver IS NULL) AND (approver IS NULL) = (approved_at IS NULL)',
            name=op.f('ck_rule_set_drafts_approved_by_someone'),
        ),
        sa.CheckConstraint(
            'publish_at IS NULL OR (approved_revision IS NOT NULL AND scheduled_by IS NOT NULL)',
            name=op.f('ck_rule_set_drafts_scheduled_once_approved'),
        ),
        sa.ForeignKeyConstraint(
            ['based_on'], ['rule_set_versions.number'], name=op.f('fk_rule_set_drafts_based_on')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_rule_set_drafts')),
    )
    # Not in a batch: that would copy a table that decisions refer to.
    op.add_column('rule_set_versions', sa.Column('approver', sa.String(length=254), nullable=True))
    op.add_column('rule_set_activations', sa.Column('kind', sa.String(length=20), nullable=True))
    op.execute(KINDS)
    with op.batch_alter_table('rule_set_activations', schema=None) as batch_op:
        batch_op.alter_column('kind', existing_type=sa.String(length=20), nullable=False)
        batch_op.create_check_constraint(
            batch_op.f('ck_rule_set_activations_kind_known'), "kind IN ('publish', 'rollback')"
        )


def downgrade() -> None:
    with op.batch_alter_table('rule_set_activations', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_rule_set_activations_kind_known'), type_='check')
        batch_op.drop_column('kind')
    op.drop_column('rule_set_versions', 'approver')
    op.drop_table('rule_set_drafts')
