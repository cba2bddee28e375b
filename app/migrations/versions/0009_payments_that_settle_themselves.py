"""links, subscriptions, refunds, messages, webhooks out and reconciliation"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('events',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('subject_id', sa.String(length=40), nullable=False),
    sa.Column('data', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_events'))
    )
    op.create_index('ix_events_created_at', 'events', ['created_at', 'id'], unique=False)
    op.create_index('ix_events_subject', 'events', ['subject_id', 'created_at'], unique=False)

    op.create_table('message_templates',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('language', sa.String(length=10), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('updated_by', sa.String(length=254), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message_templates')),
    sa.UniqueConstraint('kind', 'channel', 'language', name=op.f('uq_message_templates_kind'))
    )
    op.create_table('settings',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('value', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('updated_by', sa.String(length=254), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_settings'))
    )
    op.create_table('webhook_endpoints',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('description', sa.String(length=200), nullable=False),
    sa.Column('event_types', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('encrypted_secret', sa.Text(), nullable=False),
    sa.Column('encrypted_old_secret', sa.Text(), nullable=True),
    sa.Column('old_secret_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('disabled_reason', sa.String(length=200), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_endpoints'))
    )
    op.create_table('event_deliveries',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('event_id', sa.String(length=40), nullable=False),
    sa.Column('endpoint_id', sa.String(length=40), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('tried_count', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('round_began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('given_up_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('delivered_at IS NULL OR given_up_at IS NULL', name=op.f('ck_event_deliveries_one_end')),
    sa.CheckConstraint(
        '(next_try_at IS NULL) = (delivered_at IS NOT NULL OR given_up_at IS NOT NULL)',
        name=op.f('ck_event_deliveries_waits_until_its_end'),
    ),
    sa.ForeignKeyConstraint(['endpoint_id'], ['webhook_endpoints.id'], name=op.f('fk_event_deliveries_endpoint_id')),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_event_deliveries_event_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event_deliveries')),
    sa.UniqueConstraint('event_id', 'endpoint_id', name=op.f('uq_event_deliveries_event_id'))
    )
    op.create_index('ix_event_deliveries_created_at', 'event_deliveries', ['created_at', 'id'], unique=False)
    op.create_index('ix_event_deliveries_endpoint', 'event_deliveries', ['endpoint_id', 'created_at'], unique=False)
    for column in ('next_try_at', 'delivered_at', 'given_up_at'):
        those = sa.text(f'{column} IS NOT NULL')
        op.create_index(
            f'ix_event_deliveries_{column}', 'event_deliveries', ['endpoint_id', column], unique=False,
            sqlite_where=those, postgresql_where=those,
        )

    op.create_table('messages',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('event_id', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('subject_id', sa.String(length=40), nullable=False),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('language', sa.String(length=10), nullable=False),
    sa.Column('recipient', sa.String(length=254), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('delivered_by', sa.String(length=20), nullable=True),
    sa.Column('provider_reference', sa.String(length=255), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('given_up_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("channel IN ('email', 'sms')", name=op.f('ck_messages_channel_known')),
    sa.CheckConstraint('sent_at IS NULL OR given_up_at IS NULL', name=op.f('ck_messages_one_end')),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_messages_event_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_messages')),
    sa.UniqueConstraint('event_id', 'kind', 'channel', 'recipient', name=op.f('uq_messages_event_id'))
    )
    op.create_index('ix_messages_created_at', 'messages', ['created_at', 'id'], unique=False)
    op.create_index('ix_messages_unsent', 'messages', ['created_at', 'id'], unique=False, sqlite_where=sa.text('sent_at IS NULL'), postgresql_where=sa.text('sent_at IS NULL'))
    op.create_index('ix_messages_worded', 'messages', ['created_at'], unique=False, sqlite_where=sa.text("body <> ''"), postgresql_where=sa.text("body <> ''"))
    op.create_index('ix_messages_subject', 'messages', ['subject_id', 'created_at'], unique=False)

    op.create_table('reconciliation_runs',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('account_id', sa.String(length=40), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('compared_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('theirs', sa.Integer(), nullable=False),
    sa.Column('ours', sa.Integer(), nullable=False),
    sa.Column('matched', sa.Integer(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['provider_accounts.id'], name=op.f('fk_reconciliation_runs_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reconciliation_runs')),
    sa.UniqueConstraint('account_id', 'day', name=op.f('uq_reconciliation_runs_account_id'))
    )
    op.create_index('ix_reconciliation_runs_created_at', 'reconciliation_runs', ['created_at', 'id'], unique=False)

    op.create_table('event_delivery_tries',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('delivery_id', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('http_status', sa.Integer(), nullable=True),
    sa.Column('milliseconds', sa.Integer(), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['delivery_id'], ['event_deliveries.id'], name=op.f('fk_event_delivery_tries_delivery_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event_delivery_tries'))
    )
    op.create_index('ix_event_delivery_tries_delivery_id', 'event_delivery_tries', ['delivery_id'], unique=False)

    op.create_table('message_tries',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('message_id', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('outcome', sa.String(length=20), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_message_tries_message_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message_tries'))
    )
    op.create_index('ix_message_tries_message_id', 'message_tries', ['message_id'], unique=False)

    op.create_table('reconciliation_breaks',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('run_id', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('reference', sa.String(length=255), nullable=False),
    sa.Column('theirs', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('ours', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('resolved_by', sa.String(length=254), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.CheckConstraint("kind IN ('missing_here', 'missing_there', 'amount_differs', 'state_differs')", name=op.f('ck_reconciliation_breaks_kind_known')),
    sa.CheckConstraint('(resolved_at IS NULL) = (resolved_by IS NULL)', name=op.f('ck_reconciliation_breaks_resolved_by_somebody')),
    sa.ForeignKeyConstraint(['run_id'], ['reconciliation_runs.id'], name=op.f('fk_reconciliation_breaks_run_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reconciliation_breaks')),
    sa.UniqueConstraint('run_id', 'kind', 'reference', name=op.f('uq_reconciliation_breaks_run_id'))
    )
    op.create_index('ix_reconciliation_breaks_created_at', 'reconciliation_breaks', ['created_at', 'id'], unique=False)

    op.create_table('payment_tokens',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('attempt_id', sa.String(length=40), nullable=False),
    sa.Column('account_id', sa.String(length=40), nullable=False),
    sa.Column('method', sa.String(length=40), nullable=False),
    sa.Column('encrypted_token', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['provider_accounts.id'], name=op.f('fk_payment_tokens_account_id')),
    sa.ForeignKeyConstraint(['attempt_id'], ['payment_attempts.id'], name=op.f('fk_payment_tokens_attempt_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_tokens')),
    sa.UniqueConstraint('attempt_id', name=op.f('uq_payment_tokens_attempt_id'))
    )
    op.create_table('subscriptions',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('reference', sa.String(length=100), nullable=False),
    sa.Column('customer_email', sa.String(length=254), nullable=True),
    sa.Column('customer', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('locale', sa.String(length=20), nullable=False),
    sa.Column('collection', sa.String(length=20), nullable=False),
    sa.Column('interval_unit', sa.String(length=10), nullable=False),
    sa.Column('interval_count', sa.Integer(), nullable=False),
    sa.Column('total_payments', sa.Integer(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('timezone', sa.String(length=60), nullable=False),
    sa.Column('anchor_on', sa.Date(), nullable=True),
    sa.Column('next_number', sa.Integer(), nullable=False),
    sa.Column('next_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('method', sa.String(length=40), nullable=True),
    sa.Column('account_id', sa.String(length=40), nullable=True),
    sa.Column('token_id', sa.String(length=40), nullable=True),
    sa.Column('ask_method', sa.Boolean(), nullable=False),
    sa.Column('provider_reference', sa.String(length=255), nullable=True),
    sa.Column('provider_amount', sa.BigInteger(), nullable=True),
    sa.Column('next_sync_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('synced_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancel_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancel_requested_by', sa.String(length=100), nullable=True),
    sa.Column('cancel_requested_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancel_reason', sa.Text(), nullable=False),
    sa.Column('ending_told_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("collection IN ('automatic', 'manual')", name=op.f('ck_subscriptions_collection_known')),
    sa.CheckConstraint("interval_unit IN ('day', 'week', 'month', 'year')", name=op.f('ck_subscriptions_interval_known')),
    sa.CheckConstraint("status IN ('created', 'active', 'on_hold', 'cancelled', 'expired', 'aborted')", name=op.f('ck_subscriptions_status_known')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_subscriptions_amount_positive')),
    sa.CheckConstraint('interval_count > 0', name=op.f('ck_subscriptions_interval_count_positive')),
    sa.CheckConstraint('total_payments IS NULL OR total_payments > 0', name=op.f('ck_subscriptions_total_positive')),
    sa.ForeignKeyConstraint(['account_id'], ['provider_accounts.id'], name=op.f('fk_subscriptions_account_id')),
    sa.ForeignKeyConstraint(['token_id'], ['payment_tokens.id'], name=op.f('fk_subscriptions_token_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscriptions'))
    )
    op.create_index('ix_subscriptions_cancel_at', 'subscriptions', ['cancel_at'], unique=False, sqlite_where=sa.text("status IN ('active', 'on_hold')"), postgresql_where=sa.text("status IN ('active', 'on_hold')"))
    op.create_index('ix_subscriptions_created_at', 'subscriptions', ['created_at', 'id'], unique=False)
    op.create_index('ix_subscriptions_customer_email', 'subscriptions', ['customer_email'], unique=False)
    op.create_index('ix_subscriptions_due', 'subscriptions', ['next_due_at'], unique=False, sqlite_where=sa.text("status IN ('active', 'on_hold')"), postgresql_where=sa.text("status IN ('active', 'on_hold')"))
    op.create_index('ix_subscriptions_provider_reference', 'subscriptions', ['provider_reference'], unique=False)
    op.create_index('ix_subscriptions_reference', 'subscriptions', ['reference'], unique=False)
    op.create_index('ix_subscriptions_ends_at', 'subscriptions', ['ends_at'], unique=False, sqlite_where=sa.text("status IN ('active', 'on_hold')"), postgresql_where=sa.text("status IN ('active', 'on_hold')"))
    op.create_index('ix_subscriptions_sync', 'subscriptions', ['next_sync_at'], unique=False, sqlite_where=sa.text('next_sync_at IS NOT NULL'), postgresql_where=sa.text('next_sync_at IS NOT NULL'))
    op.create_index('ix_subscriptions_unpaid', 'subscriptions', ['created_at'], unique=False, sqlite_where=sa.text("status = 'created'"), postgresql_where=sa.text("status = 'created'"))

    op.create_table('renewals',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('subscription_id', sa.String(length=40), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('session_id', sa.String(length=40), nullable=False),
    sa.Column('provider_reference', sa.String(length=255), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failure_kind', sa.String(length=30), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status IN ('open', 'paid', 'failed', 'void')", name=op.f('ck_renewals_status_known')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_renewals_amount_positive')),
    sa.CheckConstraint('number > 0', name=op.f('ck_renewals_number_positive')),
    sa.ForeignKeyConstraint(['session_id'], ['checkout_sessions.id'], name=op.f('fk_renewals_session_id')),
    sa.ForeignKeyConstraint(['subscription_id'], ['subscriptions.id'], name=op.f('fk_renewals_subscription_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_renewals')),
    sa.UniqueConstraint('session_id', name=op.f('uq_renewals_session_id')),
    sa.UniqueConstraint('subscription_id', 'number', name=op.f('uq_renewals_subscription_id'))
    )
    op.create_index('ix_renewals_next_try', 'renewals', ['next_try_at'], unique=False, sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))

    op.create_table('payment_links',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('reference', sa.String(length=100), nullable=False),
    sa.Column('customer', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('attributes', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('items', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('locale', sa.String(length=20), nullable=False),
    sa.Column('success_url', sa.Text(), nullable=False),
    sa.Column('failure_url', sa.Text(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=True),
    sa.Column('phone', sa.String(length=20), nullable=True),
    sa.Column('renewal_id', sa.String(length=40), nullable=True),
    sa.Column('max_payments', sa.Integer(), nullable=False),
    sa.Column('paid_count', sa.Integer(), nullable=False),
    sa.Column('terms_accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_count', sa.Integer(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('remind_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('opened_count', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_by', sa.String(length=100), nullable=False),
    sa.Column('api_key_id', sa.String(length=40), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("status IN ('active', 'completed', 'revoked', 'expired')", name=op.f('ck_payment_links_status_known')),
    sa.CheckConstraint('amount > 0 AND amount <= 1000000000000', name=op.f('ck_payment_links_amount_positive')),
    sa.CheckConstraint('email IS NOT NULL OR phone IS NOT NULL OR sent_count = 0', name=op.f('ck_payment_links_sent_to_somebody')),
    sa.CheckConstraint('max_payments > 0 AND paid_count >= 0', name=op.f('ck_payment_links_counts_sensible')),
    sa.ForeignKeyConstraint(['api_key_id'], ['api_keys.id'], name=op.f('fk_payment_links_api_key_id')),
    sa.ForeignKeyConstraint(['renewal_id'], ['renewals.id'], name=op.f('fk_payment_links_renewal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_links'))
    )
    op.create_index('ix_payment_links_created_at', 'payment_links', ['created_at', 'id'], unique=False)
    op.create_index('ix_payment_links_email', 'payment_links', ['email'], unique=False)
    op.create_index('ix_payment_links_expires_at', 'payment_links', ['expires_at'], unique=False, sqlite_where=sa.text("status = 'active'"), postgresql_where=sa.text("status = 'active'"))
    op.create_index('ix_payment_links_remind_at', 'payment_links', ['remind_at'], unique=False, sqlite_where=sa.text("status = 'active'"), postgresql_where=sa.text("status = 'active'"))
    op.create_index('uq_payment_links_active_renewal', 'payment_links', ['renewal_id'], unique=True, sqlite_where=sa.text("status = 'active'"), postgresql_where=sa.text("status = 'active'"))
    op.create_index('ix_payment_links_phone', 'payment_links', ['phone'], unique=False)
    op.create_index('ix_payment_links_reference', 'payment_links', ['reference'], unique=False)
    op.create_index('ix_payment_links_renewal_id', 'payment_links', ['renewal_id'], unique=False)

    op.add_column('alerts', sa.Column('note', sa.Text(), server_default='', nullable=False))

    op.add_column('checkout_sessions', sa.Column('subscription_id', sa.String(length=40), nullable=True))
    op.add_column('checkout_sessions', sa.Column('payment_link_id', sa.String(length=40), nullable=True))
    op.create_index('ix_checkout_sessions_payment_link_id', 'checkout_sessions', ['payment_link_id'], unique=False)
    op.create_index('ix_checkout_sessions_subscription_id', 'checkout_sessions', ['subscription_id'], unique=False)

    op.add_column('payment_attempts', sa.Column('token_id', sa.String(length=40), nullable=True))
    op.add_column('payment_attempts', sa.Column('unanswered_since', sa.DateTime(timezone=True), nullable=True))

    op.add_column('webhook_deliveries', sa.Column('refund_id', sa.String(length=40), nullable=True))
    op.add_column('webhook_deliveries', sa.Column('subscription_id', sa.String(length=40), nullable=True))

    op.create_index('ix_payment_attempts_account_ended', 'payment_attempts', ['account_id', 'ended_at'], unique=False)
    op.create_index('ix_payment_attempts_provider_reference', 'payment_attempts', ['provider_reference'], unique=False)

    # Nothing could make a refund before now: the table is empty, and is made anew.
    op.drop_table('refunds')
    op.create_table('refunds',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('payment_id', sa.String(length=40), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('requested_by', sa.String(length=100), nullable=False),
    sa.Column('attempt_id', sa.String(length=40), nullable=True),
    sa.Column('needs_approval', sa.Boolean(), nullable=False),
    sa.Column('approved_by', sa.String(length=100), nullable=True),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('provider_reference', sa.String(length=255), nullable=True),
    sa.Column('failure_kind', sa.String(length=30), nullable=True),
    sa.Column('failure_code', sa.String(length=100), nullable=True),
    sa.Column('failure_message', sa.Text(), nullable=True),
    sa.Column('checks', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('unanswered_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(status = 'failed') = (failure_code IS NOT NULL)", name=op.f('ck_refunds_failure_exactly_when_failed')),
    sa.CheckConstraint("NOT needs_approval OR asked_at IS NULL OR approved_at IS NOT NULL", name=op.f('ck_refunds_asked_if_approved')),
    sa.CheckConstraint("status IN ('requested', 'pending', 'succeeded', 'failed')", name=op.f('ck_refunds_status_known')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_refunds_amount_positive')),
    sa.ForeignKeyConstraint(['attempt_id'], ['payment_attempts.id'], name=op.f('fk_refunds_attempt_id')),
    sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_refunds_payment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refunds'))
    )
    op.create_index('ix_refunds_payment_id', 'refunds', ['payment_id'], unique=False)
    op.create_index('ix_refunds_created_at', 'refunds', ['created_at', 'id'], unique=False)
    op.create_index('ix_refunds_ended_at', 'refunds', ['ended_at'], unique=False)
    op.create_index('uq_refunds_second_charge', 'refunds', ['attempt_id'], unique=True, sqlite_where=sa.text("status != 'failed'"), postgresql_where=sa.text("status != 'failed'"))
    op.create_index('ix_refunds_open', 'refunds', ['created_at'], unique=False, sqlite_where=sa.text("status IN ('requested', 'pending')"), postgresql_where=sa.text("status IN ('requested', 'pending')"))


def downgrade() -> None:
    op.drop_table('refunds')
    op.create_table('refunds',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('payment_id', sa.String(length=40), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('provider_reference', sa.String(length=255), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status IN ('requested', 'pending', 'succeeded', 'failed')", name=op.f('ck_refunds_status_known')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_refunds_amount_positive')),
    sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_refunds_payment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refunds'))
    )
    op.create_index('ix_refunds_payment_id', 'refunds', ['payment_id'], unique=False)
    op.drop_column('webhook_deliveries', 'subscription_id')
    op.drop_column('webhook_deliveries', 'refund_id')
    op.drop_index('ix_payment_attempts_provider_reference', 'payment_attempts')
    op.drop_index('ix_payment_attempts_account_ended', 'payment_attempts')
    op.drop_column('payment_attempts', 'unanswered_since')
    op.drop_column('payment_attempts', 'token_id')
    op.drop_index('ix_checkout_sessions_subscription_id', 'checkout_sessions')
    op.drop_index('ix_checkout_sessions_payment_link_id', 'checkout_sessions')
    op.drop_column('checkout_sessions', 'payment_link_id')
    op.drop_column('checkout_sessions', 'subscription_id')
    op.drop_column('alerts', 'note')
    op.drop_table('payment_links')
    op.drop_table('renewals')
    op.drop_table('subscriptions')
    op.drop_table('payment_tokens')
    op.drop_table('reconciliation_breaks')
    op.drop_table('message_tries')
    op.drop_table('event_delivery_tries')
    op.drop_table('reconciliation_runs')
    op.drop_table('messages')
    op.drop_table('event_deliveries')
    op.drop_table('webhook_endpoints')
    op.drop_table('settings')
    op.drop_table('message_templates')
    op.drop_table('events')
