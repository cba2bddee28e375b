"""The sandbox payment service, a process of its own: hosted page, API, webhooks, fault switches."""
