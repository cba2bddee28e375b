"""The base of every backoffice page: nobody gets in unless a permission says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import Admin, BaseView

from admin.idle import is_signed_in
from admin.kept import sign_in_page as kept_sign_in_page
from admin.roles import PERMISSIONS, may
from admin.shell import render_page

Handler = TypeVar("Handler", bound=Callable[..., Any])


def needs(permission: str) -> Callable[[Handler], Handler]:
    """Ask for `permission` on one handler, in place of its view's own; every handler that takes a POST has one."""

    def mark(handler: Handler) -> Handler:
        handler.permission = permission  # type: ignore[attr-defined]  # read by HubView.permission_of
        return handler

    return mark


def keeps_work(handler: Handler) -> Handler:
    """Keep what is posted to this handler over a lost sign-in: asked to `do=restore`, it shows the form, unsaved."""
    handler.keeps_work = True  # type: ignore[attr-defined]  # read by admin.kept
    return handler


class HubView(BaseView):
    """A page of the backoffice. `permission` is what its pages ask for; a view without one is not registered."""

    permission: ClassVar[str]

    def permission_of(self, handler: str) -> str:
        """Return the permission that the named handler asks for."""
        return str(getattr(getattr(self, handler), "permission", self.permission))

    def is_accessible(self) -> bool:
        return is_signed_in() and may(self.permission)

    def _handle_view(self, name: str, **kwargs: Any) -> ResponseReturnValue | None:
        if not is_signed_in():
            return self.inaccessible_callback(name)
        if not may(self.permission_of(name)):
            abort(403)
        return None

    def inaccessible_callback(self, name: str, **kwargs: Any) -> ResponseReturnValue:
        kept = kept_sign_in_page() if request.method == "POST" else None
        here = request.full_path.rstrip("?") if request.method == "GET" else None
        return kept or redirect(url_for("security.login", next=here))

    def _run_view(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return fn(self, *args, **kwargs)  # Flask-Admin's own would answer a TypeError in the page with another

    def render(self, template: str, **kwargs: Any) -> str:
        return render_page(template, **kwargs)


class Backoffice(Admin):
    """Flask-Admin that refuses, at start-up, a view that does not say who may see it."""

    def add_view(self, view: BaseView) -> None:
        """Register `view`. Raises TypeError for a view outside the permission table."""
        if not isinstance(view, HubView) or getattr(view, "permission", None) not in PERMISSIONS:
            raise TypeError(f"{type(view).__name__} must be a HubView with a permission of admin.roles.PERMISSIONS.")
        for _, handler, methods in view._urls:
            own = getattr(getattr(view, handler), "permission", None)
            if own not in (None, *PERMISSIONS) or (own is None and set(methods) - {"GET", "HEAD", "OPTIONS"}):
                raise TypeError(f"{type(view).__name__}.{handler} must name a permission with @needs.")
        super().add_view(view)
