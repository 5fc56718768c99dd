"""The `labkit` command as a shell runs it: arguments, exit status, what is printed; real servers behind it."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
import typer

from labkit import __version__, cli, cloud, settings

ROOT = Path(__file__).parents[2]
PRINT_PROXY = "import os; print(os.environ['HTTPS_PROXY'])"


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch, capfd):
    """Runs `labkit` with arguments, in a home of the test's choice."""

    def run(*arguments, home):
        monkeypatch.setenv("LABKIT_HOME", str(home))
        monkeypatch.setattr(sys, "argv", ["labkit", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capfd.readouterr()
        return Ended(ended.value.code or 0, printed.out, printed.err)

    before = signal.getsignal(signal.SIGTERM)
    yield run
    signal.signal(signal.SIGTERM, before)


def daemon(home):
    return cloud.daemon(settings.load({"LABKIT_HOME": str(home)}))


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A home, with brackets and of some length, whose server runs."""
    home = tmp_path_factory.mktemp("home of [bold]a student, whose name is longer than a terminal is wide")
    daemon(home).ensure()
    yield home
    daemon(home).stop()


@pytest.fixture
def fresh(tmp_path):
    yield tmp_path / "home"
    daemon(tmp_path / "home").stop()


def test_a_cloud_is_started_found_and_stopped(run, fresh):
    started = run("cloud", "start", home=fresh)
    record = daemon(fresh).find()
    assert started.status == 0
    assert f"project labkit-student, http://127.0.0.1:{record.port}\n" in started.out
    assert 'eval "$(labkit cloud env)"' in started.out

    assert run("cloud", "start", home=fresh).out == started.out

    assert run("cloud", "stop", home=fresh) == Ended(0, "The local cloud has stopped.\n", "")
    assert daemon(fresh).find() is None
    assert run("cloud", "stop", home=fresh) == Ended(0, "The local cloud was not running.\n", "")


def test_status_says_where_it_runs_and_where_its_data_is(run, running):
    record = daemon(running).find()

    assert run("cloud", "status", home=running) == Ended(
        0,
        f"Running: process {record.pid}, http://127.0.0.1:{record.port}, labkit {__version__}\n"
        f"Project: labkit-student\nData:    {running}/cloud\n",
        "",
    )


def test_status_of_a_cloud_that_does_not_run_is_1(run, fresh):
    assert run("cloud", "status", home=fresh) == Ended(
        1, f"The local cloud is not running. Its data: {fresh}/cloud\n", ""
    )


def test_a_port_that_is_taken_is_one_line_and_status_1(run, fresh, running):
    port = str(daemon(running).find().port)

    ended = run("cloud", "start", "--port", port, home=fresh)

    assert (ended.status, ended.out) == (1, "")
    assert ended.err == (
        f"labkit: Port {port} is in use by another program. Choose another with --port, or leave it out.\n"
    )


def test_a_setting_that_cannot_be_is_one_line_and_status_1(run, fresh, monkeypatch):
    monkeypatch.setenv("LABKIT_CLOUD", "[red]" * 30)

    ended = run("cloud", "status", home=fresh)

    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("labkit: LABKIT_CLOUD is '[red][red]")
    assert ended.err.count("\n") == 1


def test_a_reset_empties_the_cloud(run, fresh):
    server = daemon(fresh)
    server.ensure()

    assert run("cloud", "reset", "--yes", home=fresh) == Ended(0, "The local cloud is empty.\n", "")
    assert server.find() is None
    assert not (server.home / "cloud.db").exists()


@pytest.mark.parametrize(("answer", "status"), [("n\n", 1), ("y\n", 0)])
def test_a_reset_asks_first(run, fresh, monkeypatch, answer, status):
    (fresh / "cloud" / "blobs").mkdir(parents=True)
    read, write = os.pipe()
    os.write(write, answer.encode())
    os.close(write)
    with os.fdopen(read) as typed:
        monkeypatch.setattr(sys, "stdin", typed)
        ended = run("cloud", "reset", home=fresh)

    assert f"Delete everything in {fresh}/cloud?" in ended.out
    assert ended.status == status
    assert (fresh / "cloud" / "blobs").exists() == bool(status)


def test_env_puts_a_shell_on_the_cloud(run, running, monkeypatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/real.json")
    commands = run("cloud", "env", home=running).out
    script = f'{commands}echo "$HTTPS_PROXY $GOOGLE_APPLICATION_CREDENTIALS" "$REQUESTS_CA_BUNDLE"'

    shell = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)

    record = daemon(running).find()
    assert shell.stdout == f"http://127.0.0.1:{record.port}  {running}/cloud/tls/bundle.pem\n"


def test_logs_are_printed(run, running):
    ended = run("cloud", "logs", home=running)

    assert (ended.status, ended.out) == (0, daemon(running).log.read_text())
    assert "Ready on 127.0.0.1" in ended.out


def test_logs_are_followed(run, fresh, monkeypatch):
    log = daemon(fresh).log
    log.parent.mkdir(parents=True)
    log.write_text("first\n")
    sleeps = iter(["second\n", "third\n"])

    def sleep(_seconds):
        line = next(sleeps, None)
        if line is None:
            raise KeyboardInterrupt
        with log.open("a") as file:
            file.write(line)

    monkeypatch.setattr(cli.time, "sleep", sleep)

    assert run("cloud", "logs", "--follow", home=fresh).out.startswith("first\nsecond\nthird\n")


def test_logs_of_a_cloud_that_never_ran_are_status_1(run, fresh):
    ended = run("cloud", "logs", home=fresh)

    assert ended == Ended(1, f"The local cloud has not been started yet: there is no {fresh}/cloud/server.log.\n", "")


def test_a_command_runs_on_the_cloud_and_its_exit_status_is_passed_on(run, running):
    ended = run("shell", sys.executable, "-c", f"{PRINT_PROXY}; raise SystemExit(7)", home=running)

    assert ended == Ended(7, f"http://127.0.0.1:{daemon(running).find().port}\n", "")


def test_a_command_that_a_signal_ends_has_the_status_that_shells_give_it(run, running):
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"

    assert run("shell", sys.executable, "-c", code, home=running).status == 128 + signal.SIGKILL


@pytest.mark.parametrize("arguments", [["--help"], ["-x", "--yes", "a"], ["--", "a"]])
def test_a_commands_own_options_are_its_own(run, running, arguments):
    code = "import sys; print(sys.argv[1:])"

    assert run("shell", sys.executable, "-c", code, *arguments, home=running).out == f"{arguments}\n"


def test_without_a_command_the_users_shell_is_opened(run, running, tmp_path, monkeypatch):
    shell = tmp_path / "shell"
    shell.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(PRINT_PROXY)}\n")
    shell.chmod(0o700)
    monkeypatch.setenv("SHELL", str(shell))

    assert run("shell", home=running).out == f"http://127.0.0.1:{daemon(running).find().port}\n"


PRINT_CREDENTIALS = "import os; print(os.environ.get('GOOGLE_APPLICATION_CREDENTIALS'))"


def test_a_shell_is_who_it_is_told_to_be_until_it_is_told_otherwise(run, running):
    program = [sys.executable, "-c", PRINT_CREDENTIALS]

    assert run("shell", "--as", "student", *program, home=running).out == f"{running}/cloud/identities/student.json\n"
    nested = ["shell", "--as", "student", sys.executable, "-m", "labkit", "shell"]
    assert run(*nested, *program, home=running).out.endswith("/student.json\n")
    assert run(*nested, "--as", "machine", *program, home=running).out == "None\n"


def test_env_makes_a_shell_somebody(run, running):
    printed = run("cloud", "env", "--as", "teacher", home=running).out
    path = shlex.quote(f"{running}/cloud/identities/teacher.json")

    assert f"export GOOGLE_APPLICATION_CREDENTIALS={path}\n" in printed
    assert f"export CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE={path}\n" in printed


def test_somebody_unknown_is_one_line_and_status_1(run, running):
    ended = run("shell", "--as", "me", "true", home=running)

    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("labkit: Nobody is called 'me'. Choose student, teacher, machine, or a service")


def test_auth_says_who_one_is(running):
    environment = {**os.environ, "LABKIT_HOME": str(running)}
    command = [sys.executable, "-m", "labkit", "auth"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert ended.stdout.startswith("You are 100000000001-compute@developer.gserviceaccount.com on the local cloud")
    assert ended.returncode == 0, ended.stderr


def test_a_shell_starts_the_cloud_it_needs(run, fresh):
    assert run("shell", "true", home=fresh).status == 0
    assert daemon(fresh).find() is not None


def test_a_program_that_does_not_exist_is_named(run, running):
    ended = run("shell", "no-such-program", home=running)

    assert ended == Ended(1, "", "labkit: There is no program 'no-such-program' on this machine's PATH.\n")


def test_a_file_that_is_no_program_is_named(run, running, tmp_path):
    ended = run("shell", str(tmp_path), home=running)

    assert ended == Ended(1, "", f"labkit: {str(tmp_path)!r} is no program that may be run.\n")


def test_jupyterlab_gets_its_own_arguments_and_the_cloud(run, running, monkeypatch):
    started = []

    def start(command, *, env, check):
        started.append((command, env["HTTPS_PROXY"]))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(cli.subprocess, "run", start)

    assert run("lab", "--no-browser", "exercises", home=running).status == 0
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "exercises"]
    assert started == [(command, f"http://127.0.0.1:{daemon(running).find().port}")]


def test_a_bug_keeps_its_traceback(fresh, monkeypatch):
    monkeypatch.setattr(cli, "app", lambda: {}["bug"])
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(KeyError):
        cli.main()
    signal.signal(signal.SIGTERM, before)


def test_an_end_by_sigterm_is_an_end_in_good_order(run, fresh, monkeypatch):
    monkeypatch.setattr(cli, "app", lambda: os.kill(os.getpid(), signal.SIGTERM))

    assert run(home=fresh).status == 128 + signal.SIGTERM


def test_notebooks_that_differ_from_their_sources_are_told_of_and_built(run, fresh, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "solutions", tmp_path / "solutions", ignore=shutil.ignore_patterns("*.ipynb"))

    missing = run("build", "--check", home=fresh)
    built = run("build", home=fresh)
    checked = run("build", "--check", home=fresh)

    assert (missing.status, built.status) == (1, 0)
    assert "solutions/06_training.ipynb" in missing.out
    assert checked == Ended(0, "0 to build.\n", "")


def commands(command, path=()):
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


COMMANDS = list(commands(typer.main.get_command(cli.app)))


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) or "labkit" for path, _ in COMMANDS])
def test_every_command_explains_itself(run, fresh, monkeypatch, path, command):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys.modules["__main__"], "__package__", None)  # Else click takes us for `python -m pytest`.

    ended = run(*path, "--help", home=fresh)

    assert ended.status == 0
    assert " ".join(["Usage:", "labkit", *path, "[OPTIONS]"]) in ended.out
    assert command.help.splitlines()[0] in ended.out
    assert all(parameter.help for parameter in command.params if isinstance(parameter, click.Option))


def test_a_command_that_does_not_exist_is_status_2(run, fresh):
    ended = run("cluod", home=fresh)

    assert (ended.status, ended.out) == (2, "")
    assert "No such command 'cluod'" in ended.err


def test_the_command_is_also_a_module():
    command = [sys.executable, "-m", "labkit", "--help"]

    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)

    assert "Graded notebooks" in done.stdout
