"""Commands of the hub: `flask hub init`, `flask rules check FILE`, `flask people add EMAIL` and others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup
from flask_migrate import upgrade
from sqlalchemy import select

from app.domain.roles import ROLES
from app.models import Job, db
from app.services import jobs, people, rule_checks, rule_sets, sealed, setup, users
from app.services.errors import Refusal
from rules import InvalidRuleSet, TrialFailed

hub = AppGroup("hub", help="Set the hub up.")
rules = AppGroup("rules", help="Check, publish and activate rule sets.")
people_commands = AppGroup("people", help="Add people to the backoffice, and help those who cannot sign in.")
job_commands = AppGroup("jobs", help="Look after the outbox.")
secrets = AppGroup("secrets", help="Change the key that seals what the hub keeps secret.")


def register_commands(app: Flask) -> None:
    """Add the commands to the `flask` program."""
    for group in (hub, rules, people_commands, job_commands, secrets):
        app.cli.add_command(group)


@hub.command("init")
def init() -> None:
    """Bring the database up to date and create what is missing; safe to run at every start."""
    upgrade()
    setup.set_up()


@rules.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_context
def check(context: click.Context, file: Path) -> None:
    """Check the rule set in FILE (JSON) without publishing it; the exit code is 1 when something is wrong.

    Prints a line for each problem or finding. Warnings and information leave the exit code 0.
    """
    checked = rule_checks.check(_read(file))
    for problem in checked.problems:
        where = f"{problem.path}: " if problem.path and problem.rule is None else ""
        click.echo(f"problem: {_one_line(where + problem.message)}")
    for finding in checked.findings:
        click.echo(f"{finding.severity.value}: {_one_line(finding.message)}")
    if not checked.passed:
        context.exit(1)
    click.echo("Nothing is wrong with these rules.")


@rules.command("publish")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--author", default="command line", help="Who is answerable for this version.")
@click.option("--note", default="", help="What changed, in a sentence.")
def publish(file: Path, author: str, note: str) -> None:
    """Publish the rule set in FILE (JSON) as a new version and make it active."""
    document = _read(file)
    try:
        version = rule_sets.publish(document, author=author, note=note)
    except InvalidRuleSet as invalid:
        raise click.ClickException("\n".join(problem.message for problem in invalid.problems)) from invalid
    except TrialFailed as failed:
        raise click.ClickException(str(failed)) from failed
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    click.echo(f"Version {version.number} is active.")


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"{file} is not JSON: {error}") from error


def _one_line(message: str) -> str:
    """Return the message without line breaks and what else could upset a terminal: names come from a file."""
    return "".join(character if character.isprintable() else " " for character in message)


@rules.command("activate")
@click.argument("number", type=int)
@click.option("--author", default="command line")
def activate(number: int, author: str) -> None:
    """Make an earlier version the active one."""
    try:
        rule_sets.activate_version(number, actor=author)
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    click.echo(f"Version {number} is active.")


@people_commands.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice(list(ROLES)), required=True, help="What they may do.")
def add_person(email: str, role: str) -> None:
    """Add somebody to the backoffice and print their password, once."""
    try:
        given = people.add_person(email, role, by=None)
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    click.echo(f"{given.email} can sign in as {ROLES[role].label.lower()} with the password {given.password}")


@people_commands.command("password")
@click.argument("email")
def new_password(email: str) -> None:
    """Make a new password for somebody, print it once, and end their sign-ins."""
    try:
        given = users.new_password(people.by_email(email).id, by=None)
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    click.echo(f"{given.email} can sign in with the password {given.password}")


@job_commands.command("quarantined")
def quarantined() -> None:
    """List the jobs that failed too often."""
    for job in db.session.scalars(select(Job).where(Job.quarantined_at.is_not(None)).order_by(Job.created_at)):
        click.echo(f"{job.id}  {job.kind}  {job.subject_id}  {job.last_error}")


@job_commands.command("retry")
@click.argument("job_id")
def retry(job_id: str) -> None:
    """Take a job out of quarantine."""
    jobs.retry(job_id)


@secrets.command("rotate")
@click.pass_context
def rotate(context: click.Context) -> None:
    """Seal everything anew with the first of ENCRYPTION_KEYS; safe to repeat, and while the hub is at work.

    First restart every process with the new key in front of the old one. The exit code is 1 when no key opens some.
    """
    found = sealed.rotate()
    for counts in found:
        click.echo(f"{counts.column}: {counts.older} sealed anew, {counts.newest} were already")
    context.exit(_tell_lost(found))


@secrets.command("check")
@click.pass_context
def check_secrets(context: click.Context) -> None:
    """Tell whether anything still needs an older key; the exit code is 1 then."""
    found = sealed.check()
    for counts in found:
        click.echo(f"{counts.column}: {counts.newest} sealed with the newest key, {counts.older} with an older one")
    older = any(counts.older for counts in found)
    if older:
        click.echo("Keep the older keys, and run `flask secrets rotate`.")
    else:
        click.echo("Nothing needs an older key: it may be taken out of ENCRYPTION_KEYS.")
    context.exit(_tell_lost(found) or older)


def _tell_lost(found: list[sealed.Counts]) -> int:
    """Name what no key opens; return the exit code."""
    for counts in found:
        if counts.lost:
            click.echo(f"{counts.column}: no key opens {', '.join(counts.lost[:20])}. Type these secrets in again.")
    return int(any(counts.lost for counts in found))
