"""Composes the hub: the application for merchants and customers, and the backoffice."""

from admin import register_admin
from app import create_app

app = create_app()
register_admin(app)
