"""The `labkit` command. Each command reads its arguments, calls one function, and shows what it returns."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from labkit import cloud, settings
from labkit.errors import LabkitError

if TYPE_CHECKING:
    from labkit.cloud import Cloud
    from labkit.localcloud.daemon import Daemon
    from labkit.localcloud.record import ServerRecord

app = typer.Typer(help="Graded notebooks for machine learning in the cloud.", no_args_is_help=True)
cloud_app = typer.Typer(help="The local cloud: Google's APIs on this machine.", no_args_is_help=True)
app.add_typer(cloud_app, name="cloud")
project_app = typer.Typer(help="The project's APIs, billing and budget: what it has, and what the course needs.")
app.add_typer(project_app, name="project")

_console = Console(highlight=False)
_errors = Console(stderr=True, highlight=False)
_LOG_POLL_SECONDS = 0.2

# Who a shell is to be on the local cloud.
_AS = typer.Option("--as", metavar="WHO", help="student, teacher, machine, or a service account's address.")

# For commands whose arguments are another program's.
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}


@cloud_app.command()
def start(port: Annotated[int, typer.Option(help="A port of 127.0.0.1; 0 takes the last one, or any.")] = 0) -> None:
    """Start the local cloud; returns when it is ready."""
    record = _daemon(port=port).ensure()
    _say(f"The local cloud is ready: project {record.project}, http://127.0.0.1:{record.port}")
    _say('Put this shell on it with: eval "$(labkit cloud env)"')


@cloud_app.command()
def stop() -> None:
    """Stop the local cloud and all that runs on it; its data stays."""
    _say("The local cloud has stopped." if _daemon().stop() else "The local cloud was not running.")


@cloud_app.command()
def status() -> None:
    """Say whether the local cloud runs, and where its data is; exits 1 where it does not run."""
    server = _daemon()
    record = server.find()
    if record is None:
        _say(f"The local cloud is not running. Its data: {server.home}")
        raise typer.Exit(1)
    _say(f"Running: process {record.pid}, http://127.0.0.1:{record.port}, labkit {record.version}")
    _say(f"Project: {record.project}\nData:    {server.home}")


@cloud_app.command()
def reset(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:  # noqa: FBT002 - typer's way.
    """Delete every bucket, job, model and endpoint of the local cloud."""
    server = _daemon()
    if not yes:
        typer.confirm(f"Delete everything in {server.home}?", abort=True)
    server.reset()
    _say("The local cloud is empty.")


@cloud_app.command()
def env(who: Annotated[str, _AS] = "") -> None:
    """Print shell commands that put a shell on the local cloud: eval "$(labkit cloud env)"."""
    server = _daemon()
    changed = _environment(server, server.ensure(), who)
    for name in sorted(set(os.environ) - set(changed)):
        sys.stdout.write(f"unset {name}\n")
    for name, value in sorted(changed.items()):
        if os.environ.get(name) != value:
            sys.stdout.write(f"export {name}={shlex.quote(value)}\n")


@cloud_app.command()
def logs(follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as it grows.")] = False) -> None:  # noqa: FBT002
    """Print the server's log."""
    log = _daemon().log
    if not log.exists():
        _say(f"The local cloud has not been started yet: there is no {log}.")
        raise typer.Exit(1)
    with log.open(errors="replace") as lines:
        while True:
            sys.stdout.write(lines.read())
            sys.stdout.flush()
            if not follow:
                return
            time.sleep(_LOG_POLL_SECONDS)


@project_app.callback(invoke_without_command=True)
def show_project(context: typer.Context) -> None:
    """Show the project on the cloud that LABKIT_CLOUD names: billing, credit, budget alerts, APIs."""
    if context.invoked_subcommand is None:
        from labkit import project

        _say(repr(project.read(_reach())))


@project_app.command("plan")
def plan_project() -> None:
    """Show what is to be done until the project is ready for the course; changes nothing."""
    from labkit import project

    _say(repr(project.plan(project.COURSE, project.read(_reach()))))


@project_app.command("apply")
def apply_project() -> None:
    """Do what `labkit project plan` shows; may be repeated. Exits 1 where somebody else must do the rest."""
    from labkit import project

    reached = _reach()
    plan = project.plan(project.COURSE, project.read(reached))
    _say(repr(plan))
    project.apply(plan, reached)
    if plan.steps:
        _say("Done.")
    raise typer.Exit(1 if plan.obstacles else 0)


@app.command(context_settings=_PASSED_ON)
def shell(context: typer.Context, who: Annotated[str, _AS] = "") -> None:
    """Open a shell on the local cloud, or run one command there: labkit shell --as student gcloud storage ls."""
    command = context.args or [os.environ.get("SHELL") or os.environ.get("COMSPEC") or "sh"]
    raise typer.Exit(_run_on_local_cloud(command, who))


@app.command()
def auth() -> None:
    """Say who you are on the cloud, what is missing, and the command that mends it; exits 1 where something is."""
    from labkit import auth as identities  # google.auth takes a moment to import.

    found = identities.whoami(cloud.look(settings.load()))
    _say(str(found))
    raise typer.Exit(1 if found.problem else 0)


@app.command(context_settings=_PASSED_ON)
def lab(context: typer.Context) -> None:
    """Start the local cloud, and JupyterLab on it; takes JupyterLab's own arguments: labkit lab --no-browser."""
    raise typer.Exit(_run_on_local_cloud([sys.executable, "-m", "jupyterlab", *context.args]))


@app.command()
def course(
    report: Annotated[Path, typer.Option(help="Where executed notebooks and the report go.")] = Path("build/course"),
) -> None:
    """Run every lab's solution headless on a fresh local cloud; exits 1 where any exercise does not pass."""
    _console.print("Running the solutions on a fresh local cloud …")
    from labkit.authoring import course as courses  # papermill takes two seconds to import: say something before.
    from labkit.authoring.course_view import CourseView, table

    with CourseView(_console) as view:
        run = courses.run_course(Path(), report, view)
    _console.print(table(run))
    _say(f"Report: {run.report}")
    raise typer.Exit(0 if run.passed else 1)


@app.command()
def build(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 where a notebook differs.")] = False,  # noqa: FBT002
) -> None:
    """Render solutions/, exercises/ and notebooks/ from their sources."""
    from labkit.authoring import build as building

    found = building.differences(Path()) if check else building.build(Path())
    for each in found:
        _say(str(each))
    _say(f"{len(found)} {'to build' if check else 'built'}.")
    raise typer.Exit(1 if check and found else 0)


@app.command()
def verify(names: Annotated[list[str] | None, typer.Argument(metavar="[LAB]...")] = None) -> None:
    """Prove the labs: stubs are not attempted, answers pass, each wrong answer fails with its own message."""
    from labkit import labs
    from labkit.authoring import verify as verifying

    with _console.status("Proving …") as status:
        proofs = verifying.verify(
            Path(),
            names or labs.ids(),
            lambda proof: status.update(f"{proof.claim.lab}: {proof.claim.exercise}, {proof.claim.step}"),
        )
    _console.print(verifying.table(proofs))
    raise typer.Exit(0 if all(proof.holds for proof in proofs) else 1)


def _environment(server: Daemon, record: ServerRecord, who: str) -> dict[str, str]:
    """This process's, on the local cloud and as somebody there; as before where nobody is named."""
    changed = server.environment(os.environ, record)
    if not who:
        return changed
    from labkit.auth import identity

    named = identity.variables(server, who, changed)
    return {name: value for name, value in changed.items() if name not in identity.VARIABLES} | named


def _run_on_local_cloud(command: list[str], who: str = "") -> int:
    from labkit.localcloud.keeper import Keeper, tell_on_stderr

    server = _daemon()
    record = server.ensure()
    environment = _environment(server, record, who)
    Keeper(server, record, tell_on_stderr).watch()
    try:
        status = subprocess.run(command, env=environment, check=False).returncode
    except FileNotFoundError as error:
        raise LabkitError(f"There is no program {command[0]!r} on this machine's PATH.") from error
    except PermissionError as error:
        raise LabkitError(f"{command[0]!r} is no program that may be run.") from error
    return status if status >= 0 else 128 - status  # As shells tell of a signal.


def _say(text: str) -> None:
    """Plain text on lines of its own: a path with brackets is no markup, and a pipe has no width."""
    _console.print(text, markup=False, soft_wrap=True)


def _reach() -> Cloud:
    chosen = settings.load()
    return cloud.reach(chosen.cloud, settings=chosen)


def _daemon(*, port: int = 0) -> Daemon:
    return cloud.daemon(settings.load(), port=port)


def main() -> None:
    """Errors of ours are a message and exit status 1; anything else is a bug and keeps its traceback."""
    from labkit.localcloud.daemon import CannotStartError, CannotStopError

    # As Ctrl-C does: so that what was started for the command, a fresh local cloud for one, is ended with it.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        app()
    except (LabkitError, CannotStartError, CannotStopError) as error:
        _errors.print(f"labkit: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)
