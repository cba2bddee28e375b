"""Webhooks: the endpoints that are told of events, how they fare, and each delivery with its tries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_security import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from admin import filters, webhook_forms
from admin.base import HubView, keeps_work, needs
from admin.keyset import page_of
from admin.subjects import url_of
from app.models import EventDelivery, utc_now
from app.services import event_deliveries, event_figures, event_replays, webhook_endpoints
from app.services.errors import FieldsRefused, Refusal
from app.services.webhook_errors import EndpointOff, StillRotating, StillWaiting, TooManyEndpoints, TooManyEvents

VIEWS = (
    filters.View("all", "All"),
    filters.View("waiting", "Waiting", lambda: event_deliveries.STATES["waiting"]),
    filters.View("delivered", "Delivered", lambda: event_deliveries.STATES["delivered"]),
    filters.View("given_up", "Given up", lambda: event_deliveries.STATES["given_up"]),
)


class WebhooksView(HubView):
    permission = "webhooks.view"

    @expose("/")
    def index(self) -> str:
        removed = request.args.get("view") == "removed"
        return self.render(
            "backoffice/webhooks.html",
            endpoints=webhook_endpoints.list_endpoints(removed=removed),
            removed=removed,
            health=event_figures.health(),
            nothing=event_figures.Health(),
            most=webhook_endpoints.MOST_ENDPOINTS,
        )

    @expose("/new", methods=("GET", "POST"))
    @needs("webhooks.manage")
    @keeps_work
    def new(self) -> ResponseReturnValue:
        if request.method == "GET":
            return self._form(None, webhook_forms.values_of(None), {})
        if request.form.get("do") == "restore":
            return self._form(None, webhook_forms.shown(request.form), {})
        try:
            made = webhook_endpoints.register(**webhook_forms.typed(request.form), actor=_actor())
        except (FieldsRefused, TooManyEndpoints) as refused:
            return self._form(None, webhook_forms.shown(request.form), _errors(refused)), refused.status
        return self._secret(made, "Registered")

    @expose("/<endpoint_id>")
    def details(self, endpoint_id: str) -> str:
        return self._details(endpoint_id, {})

    @expose("/<endpoint_id>/change", methods=("GET", "POST"))
    @needs("webhooks.manage")
    @keeps_work
    def change(self, endpoint_id: str) -> ResponseReturnValue:
        endpoint = webhook_endpoints.get_endpoint(endpoint_id)
        if request.method == "GET":
            return self._form(endpoint, webhook_forms.values_of(endpoint), {})
        if request.form.get("do") == "restore":
            return self._form(endpoint, webhook_forms.shown(request.form), {})
        try:
            webhook_endpoints.change(endpoint_id, actor=_actor(), **webhook_forms.typed(request.form))
        except FieldsRefused as refused:
            return self._form(endpoint, webhook_forms.shown(request.form), refused.errors), refused.status
        return self._done(endpoint_id, "The change is saved. What still waits goes to the address as it is now.")

    @expose("/<endpoint_id>/switch", methods=("POST",))
    @needs("webhooks.manage")
    def switch(self, endpoint_id: str) -> ResponseReturnValue:
        if request.form.get("enabled") == "on":
            webhook_endpoints.enable(endpoint_id, actor=_actor())
            return self._done(endpoint_id, "The endpoint is on. What it missed is sent when you replay it.")
        webhook_endpoints.disable(endpoint_id, reason=f"Switched off by {current_user.email}.", actor=_actor())
        return self._done(endpoint_id, "The endpoint is off: nothing is sent to it.")

    @expose("/<endpoint_id>/remove", methods=("POST",))
    @needs("webhooks.manage")
    def remove(self, endpoint_id: str) -> ResponseReturnValue:
        webhook_endpoints.remove(endpoint_id, actor=_actor())
        flash("The endpoint is removed. What was sent to it stays on record, under Removed.", "good")
        return redirect(url_for(".index"))

    @expose("/<endpoint_id>/rotate", methods=("POST",))
    @needs("webhooks.manage")
    def rotate(self, endpoint_id: str) -> ResponseReturnValue:
        keep_old = request.form.get("keep_old") == "yes"
        try:
            made = webhook_endpoints.rotate_secret(endpoint_id, keep_old=keep_old, actor=_actor())
        except StillRotating as refused:
            return self._details(endpoint_id, {"": refused.message}), refused.status
        return self._secret(made, "A new secret")

    @expose("/<endpoint_id>/test", methods=("POST",))
    @needs("webhooks.manage")
    def test(self, endpoint_id: str) -> ResponseReturnValue:
        try:
            delivery = event_replays.send_test(endpoint_id, actor=_actor())
        except EndpointOff as refused:
            return self._details(endpoint_id, {"": refused.message}), refused.status
        return redirect(url_for(".delivery", delivery_id=delivery.id))

    @expose("/<endpoint_id>/replay", methods=("POST",))
    @needs("webhooks.manage")
    def replay_since(self, endpoint_id: str) -> ResponseReturnValue:
        everything = request.form.get("everything") == "yes"
        try:
            since = webhook_forms.moment(request.form.get("since", ""))
            count = event_replays.replay_since(endpoint_id, since, everything=everything, actor=_actor())
        except (FieldsRefused, EndpointOff, TooManyEvents) as refused:
            return self._details(endpoint_id, _errors(refused)), refused.status
        told = "One event is" if count == 1 else f"{count:,} events are"
        return self._done(endpoint_id, f"{told} being told again." if count else "It missed nothing since then.")

    @expose("/deliveries/<delivery_id>")
    def delivery(self, delivery_id: str) -> str:
        delivery = event_replays.get_delivery(delivery_id)
        return self.render(
            "backoffice/webhook_delivery.html",
            delivery=delivery,
            state=event_deliveries.state_of(delivery),
            body=webhook_forms.pretty(delivery.event),
            subject_url=url_of(delivery.event.subject_id),
        )

    @expose("/deliveries/<delivery_id>/replay", methods=("POST",))
    @needs("webhooks.manage")
    def replay(self, delivery_id: str) -> ResponseReturnValue:
        try:
            event_replays.replay(delivery_id, actor=_actor())
        except (EndpointOff, StillWaiting) as refused:
            flash(refused.message, "warn")
        else:
            flash("It is being sent again, with the same id.", "good")
        return redirect(url_for(".delivery", delivery_id=delivery_id))

    def _details(self, endpoint_id: str, errors: dict[str, str]) -> str:
        endpoint = webhook_endpoints.get_endpoint(endpoint_id, removed=True)
        asked = filters.read(request.args, VIEWS, ())
        wanted = select(EventDelivery).where(EventDelivery.endpoint_id == endpoint_id)
        wanted = wanted.options(joinedload(EventDelivery.event), selectinload(EventDelivery.tries))
        return self.render(
            "backoffice/webhook.html",
            endpoint=endpoint,
            health=event_figures.health().get(endpoint_id, event_figures.Health()),
            page=page_of(asked.apply(wanted), EventDelivery, request.args),
            asked=asked,
            views=VIEWS,
            state_of=event_deliveries.state_of,
            rotating=bool(endpoint.old_secret_until and endpoint.old_secret_until > utc_now()),
            since=request.form.get("since") or webhook_forms.local(utc_now() - timedelta(days=1)),
            errors=errors,
        )

    def _form(self, endpoint: Any, values: dict[str, Any], errors: dict[str, str]) -> str:
        return self.render(
            "backoffice/webhook_form.html", endpoint=endpoint, values=values, errors=errors, groups=webhook_forms.GROUPS
        )

    def _secret(self, made: webhook_endpoints.WithSecret, title: str) -> str:
        return self.render("backoffice/webhook_secret.html", made=made, title=title)

    def _done(self, endpoint_id: str, words: str) -> ResponseReturnValue:
        flash(words, "good")
        return redirect(url_for(".details", endpoint_id=endpoint_id))


def _actor() -> str:
    return f"user:{current_user.email}"[:100]


def _errors(refused: Refusal) -> dict[str, str]:
    return refused.errors if isinstance(refused, FieldsRefused) else {refused.field or "": refused.message}
