"""The review queue: what waits for a person's decision, the oldest first, and the page where it is taken."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_security import current_user
from sqlalchemy import select

from admin import filters
from admin.base import HubView, needs
from admin.keyset import PAGE, count_up_to, page_of
from admin.review_item import item_of, line_of
from app.domain.review import KINDS, Way
from app.models import Alert, db
from app.services import review
from app.services.errors import FieldRefused, NotFound, Refusal

VIEWS = (
    filters.View("waiting", "Waiting", lambda: Alert.resolved_at.is_(None)),
    filters.View("decided", "Decided", lambda: Alert.resolved_at.is_not(None), counted=False),
)


class ReviewQueueView(HubView):
    permission = "reconciliation.view"

    @expose("/")
    def index(self) -> str:
        asked = filters.read(request.args, VIEWS, ())
        query = asked.apply(select(Alert).where(Alert.kind.in_(KINDS)))
        waiting = asked.view.key == "waiting"
        page = page_of(query, Alert, request.args)
        oldest = (
            list(db.session.scalars(query.order_by(Alert.created_at, Alert.id).limit(PAGE))) if waiting else page.rows
        )
        return self.render(
            "backoffice/queue.html",
            items=[line_of(alert) for alert in oldest],
            page=page,
            asked=asked,
            views=VIEWS,
            counts={"waiting": count_up_to(select(Alert.id).where(Alert.kind.in_(KINDS), Alert.resolved_at.is_(None)))},
        )

    @expose("/<alert_id>")
    def details(self, alert_id: str) -> str:
        return self._page(alert_id)

    @expose("/<alert_id>/ask", methods=("POST",))
    @needs("reconciliation.resolve")
    def ask(self, alert_id: str) -> ResponseReturnValue:
        try:
            if review.ask(alert_id, by=current_user.email):
                flash("The provider answered: this is settled.", "good")
            else:
                flash("The provider was asked. It waits for your decision still.", "warn")
        except NotFound:
            raise
        except Refusal as refused:
            flash(refused.message, "bad")
        return redirect(url_for(".details", alert_id=alert_id))

    @expose("/<alert_id>/decide", methods=("POST",))
    @needs("reconciliation.resolve")
    def decide(self, alert_id: str) -> ResponseReturnValue:
        form = request.form
        way = next((way for way in Way if way == form.get("way") and way is not Way.ASK), None)
        if way is None:
            raise NotFound("way out", form.get("way", ""))
        note, reference = form.get("note", ""), form.get("reference", "")
        try:
            review.decide(alert_id, way, note=note, reference=reference, by=current_user.email)
        except FieldRefused as refused:
            if refused.field not in ("note", "reference"):
                flash(refused.message, "bad")
                return redirect(url_for(".details", alert_id=alert_id))
            wrong = {refused.field: f"This {refused.reason}"}
            return self._page(alert_id, way=way, wrong=wrong, typed={"note": note, "reference": reference}), 422
        except NotFound:
            raise
        except Refusal as refused:
            flash(refused.message, "bad")
        else:
            flash("Your decision is recorded, with your name and your note.", "good")
        return redirect(url_for(".details", alert_id=alert_id))

    def _page(
        self,
        alert_id: str,
        *,
        way: Way | None = None,
        wrong: dict[str, str] | None = None,
        typed: dict[str, str] | None = None,
    ) -> str:
        db.session.expire_all()
        item = item_of(review.get_item(alert_id))
        return self.render("backoffice/queue_item.html", item=item, way=way, wrong=wrong or {}, typed=typed or {})
