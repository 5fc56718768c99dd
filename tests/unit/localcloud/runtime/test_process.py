import asyncio
import signal
import subprocess
import sys
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.localcloud.runtime.process import Command, LineSplitter, Process, Stream


def run(tmp_path, base_env, *argv, grace=10.0):
    async def start_and_wait():
        lines = []
        command = Command(argv, base_env, tmp_path, grace=grace)
        process = await Process.start(command, lambda stream, text: lines.append((stream, text)))
        return await process.wait(), lines

    return asyncio.run(start_and_wait())


def test_lines_come_with_their_stream(tmp_path, base_env):
    status, lines = run(tmp_path, base_env, "sh", "-c", "echo one; echo two; echo three >&2; printf four; exit 5")

    assert status == 5
    assert [text for stream, text in lines if stream is Stream.OUT] == ["one", "two", "four"]
    assert [text for stream, text in lines if stream is Stream.ERR] == ["three"]


def test_bad_utf8_is_replaced_and_a_huge_line_comes_in_pieces(tmp_path, base_env):
    script = r"printf 'caf\351\n'; head -c 1000000 /dev/zero | tr '\0' x; echo; echo after"

    _, lines = run(tmp_path, base_env, "sh", "-c", script)
    texts = [text for _, text in lines]

    assert texts[0] == "caf\ufffd"
    assert texts[-1] == "after"
    assert "".join(texts[1:-1]) == "x" * 1_000_000
    assert max(map(len, texts)) == 256 * 1024


@given(st.lists(st.binary(max_size=40)), st.integers(1, 10))
def test_no_byte_is_lost_however_the_stream_is_cut(chunks, limit):
    splitter = LineSplitter(limit)
    lines = [line for chunk in chunks for line in splitter.feed(chunk)] + splitter.end()

    whole = b"".join(chunks)
    if whole.isascii() and b"\r" not in whole:
        assert "".join(lines) == whole.decode().replace("\n", "")
    assert all(len(line) <= limit for line in lines)


def test_kill_does_not_wait_for_the_grace(tmp_path, base_env):
    async def scenario():
        process = await Process.start(
            Command(("sh", "-c", "trap '' TERM; sleep 60; sleep 60"), base_env, tmp_path), lambda *_: None
        )
        process.kill()
        return await asyncio.wait_for(process.wait(), 5)

    assert asyncio.run(scenario()) == 128 + signal.SIGKILL


def test_a_callback_that_raises_is_not_swallowed(tmp_path, base_env):
    async def scenario():
        def on_line(stream, text):
            raise RuntimeError(f"cannot log {text}")

        process = await Process.start(Command(("echo", "hi"), base_env, tmp_path), on_line)
        await process.wait()

    with pytest.raises(RuntimeError, match="cannot log hi"):
        asyncio.run(scenario())


SERVER = """
import asyncio, sys
from pathlib import Path
from labkit.localcloud.runtime.process import Command, Process

async def main():
    script = "(setsid sh -c 'echo $$ > orphan; sleep 60' &); trap '' TERM; echo $$ > child; sleep 60; sleep 60"
    process = await Process.start(Command(("sh", "-c", script), {"PATH": "/usr/bin:/bin"}, Path.cwd()), print)
    await process.wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="orphans can be caught on Linux only")
def test_kill_nine_of_the_server_ends_what_it_ran(tmp_path, assert_dies, wait_for_text):
    server = subprocess.Popen([sys.executable, "-c", textwrap.dedent(SERVER)], cwd=tmp_path)
    pids = [int(wait_for_text(tmp_path / name)) for name in ("orphan", "child")]

    server.kill()
    server.wait(5)

    for pid in pids:
        assert_dies(pid)
