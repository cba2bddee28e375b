"""Years of subscriptions, lived through: sign-ups, changes of mind, declines, lost replies, and days of downtime."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select

from app.domain.statuses import RenewalStatus, SessionStatus
from app.models import CheckoutSession, Renewal, db
from app.services import payments, renewal_charging, subscriptions
from app.services.errors import Refusal
from app.services.sessions import NewSession
from app.services.subscriptions import NewSubscription
from app.services.transaction import release
from tests.simulation.cast import Plan
from tests.simulation.wire import Killed
from tests.simulation.world import World

TROUBLE = {
    "decline_tokens_soft": 0.07,
    "decline_tokens_hard": 0.004,
    "tokens_pending": 0.05,
    "fail_settlement": 0.1,
    "drop_reply": 0.1,
    "error_500": 0.03,
    "outage": 0.02,
    "truncated_reply": 0.02,
    "duplicate_webhooks": 0.1,
    "shuffle_webhooks": 0.3,
}
LOST_JOBS, TWICE, KILLS = 0.02, 0.05, 0.05
ACTOR = "user:operator@example.com"


@dataclass(frozen=True)
class Downtime:
    """Days on which a side does nothing and answers nothing."""

    begins: datetime
    ends: datetime
    of_hub: bool
    of_sandbox: bool


@dataclass
class Life:
    """What is lived: `ids` of the subscriptions by plan number, `amounts` each had from when on, refusals counted."""

    world: World
    hubs: Mapping[str, Flask]  # one for each zone, all on one database
    chance: random.Random
    ids: dict[int, str] = field(default_factory=dict)
    amounts: dict[str, list[tuple[datetime, int]]] = field(default_factory=dict)
    acts: dict[str, int] = field(default_factory=dict)
    laps: int = 0

    def go_on_until(self, end: datetime, plans: list[Plan], downtimes: list[Downtime], step: timedelta) -> None:
        """Live until `end`, in steps of at least `step` and at most a day."""
        to_begin = list(plans)
        to_act = sorted((moment, act, plan.number) for plan in plans for moment, act in plan.acts)
        while (now := self.world.now) < end:
            down = [one for one in downtimes if one.begins <= now < one.ends]
            crew = self.world.crew
            crew.hub_is_down = any(one.of_hub for one in down)
            crew.sandbox_is_down = self.world.wire.is_down = any(one.of_sandbox for one in down)
            if not down:
                self._sign_up([to_begin.pop(0) for _ in range(sum(plan.starts_at <= now for plan in to_begin))])
            self._make_trouble()
            crew.work_until_quiet()
            if not crew.hub_is_down:
                for _, act, number in [to_act.pop(0) for _ in range(sum(one[0] <= now for one in to_act))]:
                    self._act(act, self.ids.get(number))
                self._pay_some_links()
                crew.work_until_quiet()
            self.laps += 1
            self.world.move_to(min(self.world.next_moment(step, timedelta(days=1)), end))

    def come_to_rest(self, days: int = 12) -> None:
        """Switch all trouble off and let everything that is still open be settled; nothing new is signed up."""
        crew = self.world.crew
        crew.hub_is_down = crew.sandbox_is_down = self.world.wire.is_down = False
        crew.lost = crew.twice = self.world.wire.kills = 0.0
        self.world.faults()
        end = self.world.now + timedelta(days=days)
        while self.world.now < end:
            crew.work_until_quiet()
            self.world.move_to(self.world.next_moment(timedelta(hours=3), timedelta(days=1)))
        crew.work_until_quiet()

    def _make_trouble(self) -> None:
        self.world.faults(**TROUBLE)
        self.world.crew.lost, self.world.crew.twice, self.world.wire.kills = LOST_JOBS, TWICE, KILLS

    def _sign_up(self, plans: list[Plan]) -> None:
        """The first payments; of these none is disturbed, since a customer whose page never came does not subscribe."""
        if not plans:
            return
        self.world.faults()
        self.world.crew.lost = self.world.wire.kills = 0.0
        for plan in plans:
            with self.hubs[plan.zone].app_context():
                session = subscriptions.create(_wanted(plan, self.world.now), _checkout(plan), actor="customer")
                self.ids[plan.number] = str(session.subscription_id)
                self.amounts[str(session.subscription_id)] = [(self.world.now, plan.amount)]
                release()
                attempt = payments.pay(session.id, method=plan.method, accept_terms=True, actor="customer")
                self.world.press(attempt.redirect_url)
        self.world.crew.work_until_quiet()

    def _act(self, act: str, subscription_id: str | None) -> None:
        """Change something about a subscription, unless it has ended or there is nothing to change."""
        if subscription_id is None:
            return
        with self.world.app.app_context():
            try:
                if act == "cancel":
                    subscriptions.request_cancellation(subscription_id, actor=ACTOR)
                elif act == "withdraw":
                    subscriptions.withdraw_cancellation(subscription_id, actor=ACTOR)
                elif act == "amount":
                    amount = self.chance.randrange(100, 50_000)
                    subscriptions.change(subscription_id, amount=amount, actor=ACTOR)
                    self.amounts[subscription_id].append((self.world.now, amount))
                else:
                    subscriptions.change(subscription_id, ask_method=True, actor=ACTOR)
            except Refusal as refusal:
                act = f"{act}: {refusal.code}"
        self.acts[act] = self.acts.get(act, 0) + 1

    def _pay_some_links(self) -> None:
        """Some customers pay the renewal that waits for them by themselves, among them those who were asked to."""
        with self.world.app.app_context():
            waiting = db.session.execute(
                select(Renewal.id, Renewal.session_id)
                .join(CheckoutSession, CheckoutSession.id == Renewal.session_id)
                .where(Renewal.status == RenewalStatus.OPEN, Renewal.number > 1)
                .where(CheckoutSession.status == SessionStatus.OPEN)
            ).all()
            release()
        for renewal_id, session_id in waiting:
            if self.chance.random() < 0.1:
                with self.world.app.app_context():
                    self._pay_by_link(renewal_id, session_id)

    def _pay_by_link(self, renewal_id: str, session_id: str) -> None:
        """Ask for the link, and pay what it leads to; the reply may be lost here as everywhere."""
        try:
            renewal_charging.ask_by_link(renewal_id, actor=ACTOR)
            attempt = payments.pay(session_id, method="card", accept_terms=True, actor="customer")
            if attempt.redirect_url is not None:
                self.world.press(attempt.redirect_url, self.chance.choice(OUTCOMES))
            act = "paid by link"
        except Refusal as refusal:
            act = f"paid by link: {refusal.code}"
        except Killed:
            act = "paid by link: killed"
        self.acts[act] = self.acts.get(act, 0) + 1


OUTCOMES = ("approve", "approve", "approve", "decline", "pending")


def _wanted(plan: Plan, now: datetime) -> NewSubscription:
    return NewSubscription(
        interval_unit=plan.unit,
        interval_count=plan.count,
        total_payments=plan.total,
        ends_on=plan.ends_on if plan.ends_on is not None and plan.ends_on > (now + timedelta(days=1)).date() else None,
        collection=plan.collection,
    )


def _checkout(plan: Plan) -> NewSession:
    customer = {"country": "IT", "type": "consumer"}
    return NewSession(
        amount=plan.amount,
        currency="EUR",
        reference=f"plan-{plan.number}",
        success_url="https://shop.example.com/thanks",
        failure_url="https://shop.example.com/cart",
        flow="subscription",
        customer=customer | ({"email": f"customer{plan.number}@example.com"} if plan.has_email else {}),
        attributes={"channel": "online"},
    )
