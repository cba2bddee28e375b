"""The sandbox payment service, a process of its own: hosted page, API, webhooks, fault switches."""

from providers.sandbox.service.application import create_service

__all__ = ["create_service"]
