"""What an operator may do about a subscription: each on a page of its own that says what will happen, and when."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_security import current_user

from admin import formats, subscription_steps
from admin import subscription_words as words
from admin.base import HubView, needs
from admin.builder.typed import Mistyped, read_amount
from admin.subscription_steps import Step
from app.models import Subscription
from app.services import renewal_charging, subscriptions
from app.services.errors import FieldRefused, Refusal
from app.services.subscription_errors import NotRunning

LONGEST_REASON = 500


class SubscriptionActions(HubView):
    """Handlers of the subscriptions' view: a GET asks, a POST does it and leads back to the subscription."""

    @expose("/<subscription_id>/cancel", methods=("GET", "POST"))
    @needs("subscriptions.manage")
    def cancel(self, subscription_id: str) -> ResponseReturnValue:
        def do(subscription: Subscription) -> str:
            reason = " ".join(request.form.get("reason", "").split())[:LONGEST_REASON]
            done = subscriptions.request_cancellation(subscription.id, actor=_actor(), reason=reason)
            return f"The subscription {words.ends(done).lower()}. Until then this can be withdrawn."

        return self._ask(subscription_id, subscription_steps.cancelling, do)

    @expose("/<subscription_id>/withdraw", methods=("GET", "POST"))
    @needs("subscriptions.manage")
    def withdraw(self, subscription_id: str) -> ResponseReturnValue:
        def do(subscription: Subscription) -> str:
            subscriptions.withdraw_cancellation(subscription.id, actor=_actor())
            return "The cancellation is withdrawn: the subscription goes on."

        return self._ask(subscription_id, subscription_steps.withdrawing, do)

    @expose("/<subscription_id>/amount", methods=("GET", "POST"))
    @needs("subscriptions.manage")
    def amount(self, subscription_id: str) -> ResponseReturnValue:
        def do(subscription: Subscription) -> str:
            try:
                amount = read_amount(request.form.get("amount", ""), subscription.currency)
            except Mistyped as mistyped:
                raise FieldRefused("amount", str(mistyped)) from mistyped
            done = subscriptions.change(subscription.id, amount=amount, actor=_actor())
            return f"From the next renewal on it is {words.price(done)}."

        return self._ask(subscription_id, subscription_steps.changing_amount, do)

    @expose("/<subscription_id>/method", methods=("GET", "POST"))
    @needs("subscriptions.manage")
    def method(self, subscription_id: str) -> ResponseReturnValue:
        def do(subscription: Subscription) -> str:
            subscriptions.change(subscription.id, ask_method=True, actor=_actor())
            return "The customer pays the next renewal by a link, with a method of their choice."

        return self._ask(subscription_id, subscription_steps.asking_method, do)

    @expose("/<subscription_id>/keep-method", methods=("GET", "POST"))
    @needs("subscriptions.manage")
    def keep_method(self, subscription_id: str) -> ResponseReturnValue:
        def do(subscription: Subscription) -> str:
            subscriptions.change(subscription.id, ask_method=False, actor=_actor())
            return "The next renewal is charged as before."

        return self._ask(subscription_id, subscription_steps.keeping_method, do)

    @expose("/renewals/<renewal_id>/retry", methods=("GET", "POST"))
    @needs("subscriptions.manage")
    def retry(self, renewal_id: str) -> ResponseReturnValue:
        renewal = renewal_charging.get_renewal(renewal_id)

        def do(subscription: Subscription) -> str:
            seen = request.form.get("seen_tries", type=int)
            tried = renewal_charging.retry_now(renewal_id, actor=_actor(), seen_tries=seen)
            word = formats.pill("renewal", tried.status).word.lower()
            return f"Renewal {tried.number} was tried again: it is {word}."

        return self._ask(renewal.subscription_id, lambda of: subscription_steps.retrying(of, renewal), do)

    @expose("/renewals/<renewal_id>/send-link", methods=("GET", "POST"))
    @needs("subscriptions.manage")
    def send_link(self, renewal_id: str) -> ResponseReturnValue:
        renewal = renewal_charging.get_renewal(renewal_id)

        def do(subscription: Subscription) -> str:
            renewal_charging.ask_by_link(renewal_id, actor=_actor())
            return "The link is on its way. Its page says when it was sent and opened."

        return self._ask(renewal.subscription_id, lambda of: subscription_steps.sending_link(of, renewal), do)

    def _ask(
        self, subscription_id: str, step_of: Callable[[Subscription], Step], do: Callable[[Subscription], str]
    ) -> ResponseReturnValue:
        """Show what will happen, or do it: `do` returns what is told then. A refusal is said on the same page."""
        subscription = subscriptions.get(subscription_id)
        if not words.is_running(subscription):
            flash(NotRunning(subscription.status).message, "info")
            return redirect(url_for(".details", subscription_id=subscription_id))
        if request.method == "GET":
            return self._step(subscription, step_of(subscription), {}, {})
        try:
            told = do(subscription)
        except FieldRefused as refused:
            errors = {refused.field: refused.reason}
        except Refusal as refused:
            errors = {"": refused.message}
        else:
            flash(told, "good")
            return redirect(url_for(".details", subscription_id=subscription_id))
        subscription = subscriptions.get(subscription_id)
        return self._step(subscription, step_of(subscription), request.form.to_dict(), errors), 422

    def _step(self, subscription: Subscription, step: Step, values: dict[str, str], errors: dict[str, str]) -> str:
        return self.render(
            "backoffice/subscription_step.html",
            subscription=subscription,
            step=step,
            values=values,
            errors=errors,
        )


def _actor() -> str:
    return f"user:{current_user.email}"[:100]
