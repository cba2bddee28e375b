"""Alerts: what no program may decide, and who dealt with it."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_security import current_user
from sqlalchemy import select

from admin import filters
from admin.base import HubView, needs
from admin.keyset import page_of
from admin.subjects import url_of
from app.domain.review import KINDS
from app.models import Alert
from app.services.alerts import resolve_alert

VIEWS = (
    filters.View("open", "Open", lambda: Alert.resolved_at.is_(None)),
    filters.View("resolved", "Resolved", lambda: Alert.resolved_at.is_not(None)),
)


class AlertsView(HubView):
    permission = "alerts.view"

    @expose("/")
    def index(self) -> str:
        asked = filters.read(request.args, VIEWS, ())
        page = page_of(asked.apply(select(Alert).where(Alert.kind.not_in(KINDS))), Alert, request.args)
        return self.render("backoffice/alerts.html", page=page, asked=asked, views=VIEWS, url_of=url_of)

    @expose("/<alert_id>/resolve", methods=("POST",))
    @needs("alerts.resolve")
    def resolve(self, alert_id: str) -> ResponseReturnValue:
        resolve_alert(alert_id, user=current_user.email)
        flash("The alert is marked as resolved.", "good")
        return redirect(url_for("admin_alerts.index"))
