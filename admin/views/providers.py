"""Providers: the accounts with what each supports; added, changed, tried out, switched, their secrets never shown."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_security import current_user

from admin import account_forms, account_words
from admin.base import HubView, needs
from admin.first_steps import first_steps
from app.models import ProviderAccount
from app.services import (
    accounts,
    provider_account_edits,
    provider_account_story,
    provider_accounts,
    provider_connections,
)
from app.services.errors import Busy, FieldsRefused, NotFound, Refusal
from app.services.provider_account_errors import (
    AccountChanged,
    AccountInUse,
    AccountManaged,
    ConnectionRefused,
    SecretsLost,
)
from app.services.provider_connections import Answer
from providers import registry

TONES = {Answer.WORKS: "good", Answer.REFUSED: "bad", Answer.NONE: "warn", Answer.OVERTAKEN: "warn"}


class ProvidersView(HubView):
    permission = "providers.view"

    @expose("/")
    def index(self) -> str:
        cards = [account_words.card_of(account) for account in accounts.all_accounts()]
        return self.render("backoffice/providers.html", cards=cards, first_steps=first_steps())

    @expose("/new", methods=("GET", "POST"))
    @needs("providers.edit")
    def new(self) -> ResponseReturnValue:
        offered = provider_accounts.offered()
        name = request.values.get("provider") or (next(iter(offered)) if len(offered) == 1 else "")
        if not name:
            return self.render("backoffice/provider_new.html", offered=offered)
        if name not in offered:
            raise NotFound("provider", name)
        if request.method == "GET":
            return self._form(name, None, None, {})
        form, adapter = request.form, registry.get(name)
        try:
            if form.get("live") not in ("live", "test"):
                raise FieldsRefused({"live": "Choose whether the account is live or for tests."})
            made = provider_accounts.add(
                provider=name,
                account_id=form.get("id", ""),
                label=form.get("label", ""),
                live=form["live"] == "live",
                typed=account_forms.typed(adapter, form),
                actor=_actor(),
            )
        except FieldsRefused as refused:
            return self._form(name, None, form, refused.errors), refused.status
        return self._tried(made.id, "The account is added, and still switched off.")

    @expose("/<account_id>")
    def details(self, account_id: str) -> str:
        return self._details(account_id)

    @expose("/<account_id>/change", methods=("GET", "POST"))
    @needs("providers.edit")
    def change(self, account_id: str) -> ResponseReturnValue:
        account = provider_accounts.get_account(account_id)
        if provider_accounts.is_managed(account_id):
            return self._refused(account_id, AccountManaged())
        if request.method == "GET":
            return self._form(account.provider, account, None, {})
        try:
            tried = provider_connections.change(
                account_id,
                revision=account_forms.revision(request.form),
                label=request.form.get("label", ""),
                typed=account_forms.typed(registry.get(account.provider), request.form),
                actor=_actor(),
            )
        except (FieldsRefused, AccountChanged, ConnectionRefused, Busy) as refused:
            account = provider_accounts.get_account(account_id)
            return self._form(account.provider, account, request.form, _errors(refused)), refused.status
        flash(f"The change is saved. {tried.text if tried else ''}".strip(), TONES[tried.answer] if tried else "good")
        return redirect(url_for(".details", account_id=account_id))

    @expose("/<account_id>/test", methods=("POST",))
    @needs("providers.edit")
    def test(self, account_id: str) -> ResponseReturnValue:
        return self._tried(account_id, "")

    @expose("/<account_id>/methods", methods=("POST",))
    @needs("providers.edit")
    def methods(self, account_id: str) -> ResponseReturnValue:
        try:
            provider_account_edits.set_methods(
                account_id,
                revision=account_forms.revision(request.form),
                on=request.form.getlist("on"),
                actor=_actor(),
            )
        except AccountChanged as refused:
            return self._refused(account_id, refused)
        return self._done(account_id, "The methods are saved. They count from the next checkout on.")

    @expose("/<account_id>/switch", methods=("POST",))
    @needs("providers.edit")
    def switch(self, account_id: str) -> ResponseReturnValue:
        on = request.form.get("enabled") == "on"
        provider_accounts.switch(account_id, on, actor=_actor())
        if on:
            return self._done(account_id, "The account is on: rules may send payments to it.")
        return self._done(account_id, "The account is off: it is offered no more. What is under way goes on.")

    @expose("/<account_id>/outage", methods=("POST",))
    @needs("providers.edit")
    def outage(self, account_id: str) -> ResponseReturnValue:
        began = request.form.get("in_outage") == "on"
        provider_accounts.set_outage(account_id, began, actor=_actor())
        if began:
            return self._done(account_id, "The account is in outage: checkouts use the next one that the rules name.")
        return self._done(account_id, "The outage is over: the account is used again.")

    @expose("/<account_id>/remove", methods=("POST",))
    @needs("providers.edit")
    def remove(self, account_id: str) -> ResponseReturnValue:
        try:
            provider_accounts.remove(account_id, actor=_actor())
        except (AccountInUse, AccountManaged) as refused:
            return self._refused(account_id, refused)
        flash("The account is removed, and its keys with it.", "good")
        return redirect(url_for(".index"))

    def _details(self, account_id: str, error: str = "") -> str:
        account = provider_accounts.get_account(account_id)
        adapter = registry.get(account.provider)
        return self.render(
            "backoffice/provider.html",
            **account_words.card_of(account),
            values=account_words.values(account, adapter),
            address=account_words.webhook_address(account),
            reachable=account_words.is_reachable(),
            events=adapter.webhook_events(accounts.readable(account)[0]),
            last_delivery=provider_accounts.last_delivery(account_id),
            history=[account_words.story(change) for change in provider_account_story.history(account_id)],
            warning=account_words.warning_before_on(account),
            error=error,
        )

    def _form(self, provider: str, account: ProviderAccount | None, form: Any, errors: dict[str, str]) -> str:
        adapter = registry.get(provider)
        return self.render(
            "backoffice/provider_form.html",
            provider=provider,
            adapter=adapter,
            account=account,
            names=account_forms.names_of(account, form),
            fields=account_forms.fields_of(adapter, account, form),
            errors=errors,
        )

    def _tried(self, account_id: str, done: str) -> ResponseReturnValue:
        """Try the account out and tell what came of it, after what was done before."""
        try:
            tried = provider_connections.try_out(account_id, actor=_actor())
        except (Busy, SecretsLost) as refused:
            flash(f"{done} The connection was not tested. {refused.message}".strip(), "warn")
        else:
            flash(f"{done} {tried.text}".strip(), TONES[tried.answer])
        return redirect(url_for(".details", account_id=account_id))

    def _refused(self, account_id: str, refused: Refusal) -> ResponseReturnValue:
        return self._details(account_id, refused.message), refused.status

    def _done(self, account_id: str, words: str) -> ResponseReturnValue:
        flash(words, "good")
        return redirect(url_for(".details", account_id=account_id))


def _actor() -> str:
    return f"user:{current_user.email}"[:100]


def _errors(refused: Refusal) -> dict[str, str]:
    return refused.errors if isinstance(refused, FieldsRefused) else {refused.field or "": refused.message}
