"""Background work that needs a person: jobs that failed too often, and jobs that nobody picks up."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import select

from admin.base import HubView, needs
from admin.subjects import url_of
from app.models import Job, db, utc_now
from app.services import health, jobs
from app.services.errors import NotFound

SHOWN = 100
KINDS = {
    "settle_attempt": "Ask a provider about an attempt",
    "deliver_events": "Tell a merchant's system of events",
    "publish_event": "Hand an event to whoever wants to know",
    "send_message": "Send a message",
    "tell_of_failure": "Tell a customer that a payment failed",
    "apply_webhook": "Apply a provider's message",
    "compare_report": "Compare a provider's report with our books",
    "replay": "Replay the draft over stored sessions",
}


class JobsView(HubView):
    permission = "jobs.view"

    @expose("/")
    def index(self) -> str:
        late = utc_now() - health.STUCK_AFTER
        quarantined = select(Job).where(Job.quarantined_at.is_not(None)).order_by(Job.quarantined_at.desc())
        stuck = (
            select(Job)
            .where(Job.done_at.is_(None), Job.quarantined_at.is_(None), Job.due_at < late, Job.created_at < late)
            .order_by(Job.due_at)
        )
        return self.render(
            "backoffice/jobs.html",
            quarantined=db.session.scalars(quarantined.limit(SHOWN)).all(),
            stuck=db.session.scalars(stuck.limit(SHOWN)).all(),
            kinds=KINDS,
            url_of=url_of,
        )

    @expose("/<job_id>/retry", methods=("POST",))
    @needs("jobs.retry")
    def retry(self, job_id: str) -> ResponseReturnValue:
        if db.session.get(Job, job_id) is None:
            raise NotFound("job", job_id)
        jobs.retry(job_id)
        flash("The job will run again in a moment.", "good")
        return redirect(url_for("admin_jobs.index"))
