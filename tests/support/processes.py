"""Many processes doing the same thing at the same moment, each with database connections of its own."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from flask import Flask

from app.models import db

CONTEXT = multiprocessing.get_context("fork")


def together_in_processes(count: int, app: Flask, work: Callable[[int], Any]) -> list[Any]:
    """Run `work(number)` inside `app` in `count` processes that begin together; what each returned.

    What a process raises is raised here, as an AssertionError that names it.
    """
    with app.app_context():
        db.session.remove()
    start = CONTEXT.Barrier(count)
    pipes = [CONTEXT.Pipe(duplex=False) for _ in range(count)]

    def run(number: int, answer: Connection) -> None:
        try:
            with app.app_context():
                db.engine.dispose(close=False)  # the connections that were inherited belong to the parent
                start.wait(60)
                answer.send((True, work(number)))
                db.engine.dispose()
        except BaseException as error:
            answer.send((False, repr(error)))
            raise

    processes = [CONTEXT.Process(target=run, args=(number, pipes[number][1]), daemon=True) for number in range(count)]
    for process in processes:
        process.start()
    answers = []
    for process, (receiving, _) in zip(processes, pipes, strict=True):
        assert receiving.poll(120), "a process did not come to its end"
        answers.append(receiving.recv())
        process.join(30)
    assert all(good for good, _ in answers), [told for good, told in answers if not good]
    return [told for _, told in answers]
