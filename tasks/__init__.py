"""When work runs: the Celery application, its schedule, the relay of the outbox, and the supervisor of `make run`."""
