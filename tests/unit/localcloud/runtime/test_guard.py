import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from labkit.localcloud.runtime.guard import GUARD_FAILED, NOT_FOUND
from labkit.localcloud.runtime.process import GUARD

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="mount namespaces and subreapers are Linux's")


def start(*command, options=(), python=sys.executable, guard=GUARD, **kwargs):
    return subprocess.Popen(
        [python, "-I", "-S", str(guard), *options, "--", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **kwargs,
    )


def finish(process):
    """Status and output of a guard whose server stays alive."""
    try:
        out, err = process.stdout.read(), process.stderr.read()
        return process.wait(10), out, err
    finally:
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()


@pytest.mark.parametrize(
    ("script", "status"), [("exit 0", 0), ("exit 3", 3), ("kill -SEGV $$", 139), ("kill -KILL $$", 137)]
)
def test_the_exit_status_is_the_commands(script, status):
    assert finish(start("sh", "-c", script))[0] == status


def test_output_passes_through_and_input_is_empty():
    status, out, err = finish(start("sh", "-c", "cat; echo out; echo err >&2"))

    assert (status, out, err) == (0, "out\n", "err\n")


def test_a_program_that_does_not_exist_is_named():
    status, _, err = finish(start("no-such-program"))

    assert status == NOT_FOUND
    assert err == "cannot run 'no-such-program': there is no such program on this machine.\n"


@linux_only
def test_when_the_server_goes_everything_dies_even_what_left_the_session(tmp_path, assert_dies, wait_for_text):
    script = "(setsid sh -c 'trap \"\" TERM; echo $$ > survivor; sleep 60' &); echo $$ > child; sleep 60"
    process = start("sh", "-c", script, cwd=tmp_path)
    pids = [int(wait_for_text(tmp_path / name)) for name in ("survivor", "child")]

    process.stdin.close()

    for pid in pids:
        assert_dies(pid)
    assert process.wait(5) == 137
    process.stdout.close()
    process.stderr.close()


@linux_only
def test_when_the_command_ends_what_it_left_behind_dies(tmp_path, assert_dies, wait_for_text):
    finish(start("sh", "-c", "(setsid sh -c 'echo $$ > survivor; sleep 60' &); sleep 0.2", cwd=tmp_path))

    assert_dies(int(wait_for_text(tmp_path / "survivor")))


@linux_only
def test_when_the_guard_itself_is_killed_the_command_dies(tmp_path, assert_dies, wait_for_text):
    process = start("sh", "-c", "echo $$ > child; exec sleep 60", cwd=tmp_path)
    child = int(wait_for_text(tmp_path / "child"))

    process.kill()

    assert_dies(child)
    finish(process)


def test_sigterm_reaches_the_command(tmp_path, wait_for_text):
    process = start("sh", "-c", "trap 'exit 7' TERM; echo yes > ready; sleep 60 & wait", cwd=tmp_path)
    wait_for_text(tmp_path / "ready")

    process.terminate()

    assert finish(process)[0] == 7


def test_a_command_that_ignores_sigterm_is_killed_after_its_grace(tmp_path, wait_for_text):
    script = "trap '' TERM; echo yes > ready; sleep 60; sleep 60"
    process = start("sh", "-c", script, options=("--grace", "0.3"), cwd=tmp_path)
    wait_for_text(tmp_path / "ready")
    began = time.monotonic()

    process.terminate()

    assert finish(process)[0] == 128 + signal.SIGKILL
    assert 0.3 <= time.monotonic() - began < 3


@linux_only
def test_the_view_is_at_gcs_and_the_rest_is_where_it_was(tmp_path):
    view, root = tmp_path / "view", tmp_path / "root"
    (view / "bucket").mkdir(parents=True)
    root.mkdir()
    (view / "bucket" / "in.txt").write_text("from the bucket")
    options = ("--gcs", str(view), "--root", str(root))

    status, out, err = finish(
        start(
            "sh", "-c", "cat /gcs/bucket/in.txt && echo hi > /gcs/bucket/out.txt && pwd", options=options, cwd=tmp_path
        )
    )

    assert (status, err) == (0, "")
    assert out == f"from the bucket{tmp_path}\n"
    assert (view / "bucket" / "out.txt").read_text() == "hi\n"
    assert list(root.iterdir()) == []  # the mounts are the command's alone


@linux_only
@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become nobody")
@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="needs a Python that nobody may read")
def test_nobody_can_have_a_gcs_too_and_stays_nobody():
    # Not tmp_path: pytest makes it for its own user only.
    folder = Path(tempfile.mkdtemp())
    try:
        guard = Path(shutil.copy(GUARD, folder))
        for name in ("view", "root"):
            (folder / name).mkdir()
        for path in (folder, *folder.iterdir()):
            os.chown(path, 65534, 65534)
        options = ("--gcs", str(folder / "view"), "--root", str(folder / "root"))
        process = start(
            "sh", "-c", "id -u; echo hi > /gcs/f", options=options, python="/usr/bin/python3", guard=guard,
            cwd=folder, user=65534, group=65534, extra_groups=[],
        )  # fmt: skip
        status, out, err = finish(process)

        assert (status, out, err) == (0, "65534\n", "")
        assert (folder / "view" / "f").read_text() == "hi\n"
    finally:
        shutil.rmtree(folder)


def test_a_view_that_cannot_be_mounted_is_the_guards_failure_and_starts_nothing(tmp_path):
    options = ("--gcs", str(tmp_path / "none"), "--root", str(tmp_path / "none"))

    status, out, err = finish(start("echo", "started", options=options))

    assert status == GUARD_FAILED
    assert out == ""
    assert err.startswith("labkit guard: ")
