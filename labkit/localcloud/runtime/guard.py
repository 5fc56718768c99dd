"""The parent of one student process, a program of its own: `python -I -S guard.py [--gcs VIEW --root EMPTY] -- COMMAND`

The process it guards cannot outlive the server. The server holds the other end of this program's standard input; when
the server goes, even by `kill -9`, the pipe ends and all that the command started is killed. SIGTERM is passed on, and
turned into SIGKILL after `--grace` seconds. The exit status is the command's, 128 + n for signal n; 125 is the guard's
own failure, 126 and 127 mean what they mean to a shell.

With `--gcs VIEW` the command sees the folder VIEW as `/gcs`, as a Vertex job sees its buckets. That takes a mount
namespace of its own: Linux only, no root needed. EMPTY is an empty folder the new root is mounted on.

It imports little on purpose: it starts before every job, and it stays in memory as long as the job does.
"""

# pathlib would double the time it takes to start.
# ruff: noqa: PTH102, PTH109, PTH115, PTH123, PTH208, PTH211

from __future__ import annotations

import os
import select
import signal
import sys
import time

TYPE_CHECKING = False  # as typing has it, without the 12 ms that importing typing and contextlib would cost
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

GUARD_FAILED = 125
CANNOT_RUN = 126
NOT_FOUND = 127

# <linux/sched.h>, <linux/mount.h>, <linux/prctl.h>: part of the kernel's interface, equal on every architecture.
CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_BIND = 0x1000
MS_REC = 0x4000
MS_SLAVE = 0x80000
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


class GuardError(Exception):
    """The guard could not do its own part; the command was not started."""


class Request:
    """What the command line asks for."""

    def __init__(self, command: list[str], gcs: str, root: str, grace: float) -> None:
        self.command = command
        self.gcs = gcs
        self.root = root
        self.grace = grace


class Kernel:
    """The calls that Python 3.10 does not offer, through the C library that is loaded already."""

    def __init__(self) -> None:
        import ctypes  # 3 ms, which macOS need not pay

        self._ctypes = ctypes
        self._libc = ctypes.CDLL(None, use_errno=True)

    def _checked(self, what: str, result: int) -> None:
        if result != 0:
            raise GuardError(f"{what}: {os.strerror(self._ctypes.get_errno())}")

    def unshare(self, flags: int) -> None:
        self._checked("unshare", self._libc.unshare(flags))

    def mount(self, source: str, target: str, kind: str, flags: int) -> None:
        arguments = (os.fsencode(source), os.fsencode(target), os.fsencode(kind), self._ctypes.c_ulong(flags), None)
        self._checked(f"mount {source} on {target}", self._libc.mount(*arguments))

    def prctl(self, option: int, value: int) -> None:
        self._checked(f"prctl {option}", self._libc.prctl(option, value, 0, 0, 0))


def parse(arguments: list[str]) -> Request:
    """argparse would double the guard's start-up time."""
    if "--" not in arguments:
        raise GuardError("usage: guard.py [--gcs VIEW --root EMPTY] [--grace SECONDS] -- COMMAND...")
    cut = arguments.index("--")
    options = dict(zip(arguments[:cut:2], arguments[1:cut:2], strict=True))
    return Request(
        command=arguments[cut + 1 :],
        gcs=options.get("--gcs", ""),
        root=options.get("--root", ""),
        grace=float(options.get("--grace", "10")),
    )


def enter_namespace(kernel: Kernel) -> None:
    """Root needs no user namespace, and keeps its real rights without one; anyone else gets one with their own uid."""
    uid, gid = os.geteuid(), os.getegid()
    try:
        kernel.unshare(CLONE_NEWNS)
    except GuardError:
        kernel.unshare(CLONE_NEWUSER | CLONE_NEWNS)
        # user_namespaces(7): without CAP_SETGID outside, setgroups must be given up before gid_map may be written.
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    kernel.mount("none", "/", "", MS_REC | MS_SLAVE)


def build_root(kernel: Kernel, view: str, root: str) -> None:
    """Make `root` look like `/` with one folder more. In the real `/` only root could make that folder."""
    kernel.mount("labkit", root, "tmpfs", 0)
    for entry in os.scandir("/"):
        target = f"{root}/{entry.name}"
        if entry.name == "gcs":
            continue
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), target)
            continue
        if entry.is_dir():
            os.mkdir(target)
        else:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
        kernel.mount(entry.path, target, "", MS_BIND | MS_REC)
    os.mkdir(f"{root}/gcs")
    kernel.mount(view, f"{root}/gcs", "", MS_BIND | MS_REC)


def show_as_gcs(kernel: Kernel, view: str, root: str) -> None:
    """Give this process, and all it starts, a file system in which `view` is `/gcs`."""
    here = os.getcwd()
    enter_namespace(kernel)
    build_root(kernel, view, root)
    os.chroot(root)
    os.chdir(here)


def run_command(command: list[str], kernel: Kernel | None) -> NoReturn:
    """Become the command, in a session of its own, with nothing on standard input. Runs in the forked child."""
    status = CANNOT_RUN
    try:
        if kernel:
            kernel.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # should the guard itself be killed
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        # Python ignores these two, and a command would inherit that.
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.execvp(command[0], command)  # noqa: S606
    except FileNotFoundError:
        status = NOT_FOUND
        complain(f"cannot run '{command[0]}': there is no such program on this machine.")
    except OSError as error:
        complain(f"cannot run '{command[0]}': {error.strerror}.")
    finally:
        os._exit(status)


def complain(text: str) -> None:
    """Write a line where the command's own errors go."""
    os.write(2, f"{text}\n".encode(errors="surrogateescape"))


def children_of(pid: int) -> list[int]:
    """Pids of the direct children. Empty where /proc does not tell: then only the command's session is killed."""
    found = []
    try:
        names = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []
    for name in names:
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()  # proc(5): the name in brackets may hold anything
        except OSError:
            continue  # it ended meanwhile
        if int(fields[1]) == pid:
            found.append(int(name))
    return found


def send(deliver: Callable[[int, int], None], target: int, number: int) -> None:
    """Signal a process or a group that may have ended already."""
    try:
        deliver(target, number)
    except (ProcessLookupError, PermissionError):  # macOS says EPERM for a group of zombies
        return


def kill_survivors() -> None:
    """End what left the command's session. As a subreaper the guard inherits every orphan, one generation at a time."""
    while pids := children_of(os.getpid()):
        for pid in pids:
            send(os.kill, pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)


class Watch:
    """Waits for the command's end, for the server's end, and for SIGTERM, in one thread."""

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._wake, wake_up = os.pipe()
        for end in (self._wake, wake_up):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake_up)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._asked_to_stop)
        self._stop_asked = False

    def _asked_to_stop(self, *_: object) -> None:
        self._stop_asked = True

    def status_of(self, child: int) -> int:
        """Wait until the command has ended, forced if need be; its status as os.waitpid gives it."""
        deadline: float | None = None
        poll = select.poll()
        poll.register(0, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        while (status := self._reap(child)) is None:
            if self._stop_asked and deadline is None:
                send(os.killpg, child, signal.SIGTERM)
                deadline = time.monotonic() + self._grace
            remaining = None if deadline is None else max(0.0, deadline - time.monotonic())
            if remaining == 0.0:
                send(os.killpg, child, signal.SIGKILL)
                remaining = None
            ready = [fd for fd, _ in poll.poll(None if remaining is None else remaining * 1000 + 1)]
            if self._wake in ready:
                os.read(self._wake, 4096)
            if 0 in ready and not os.read(0, 4096):
                send(os.killpg, child, signal.SIGKILL)
                poll.unregister(0)
        return status

    def _reap(self, child: int) -> int | None:
        """The command's status if it has ended. Orphans that were handed to the guard are buried on the way."""
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == child:
                return status
            if pid == 0:
                return None


def guard(request: Request) -> int:
    """Run the command to its end; the status to exit with."""
    kernel = Kernel() if sys.platform == "linux" else None
    if request.gcs:
        if kernel is None:
            raise GuardError(f"mount namespaces exist on Linux only, not on {sys.platform}")
        show_as_gcs(kernel, request.gcs, request.root)
    if kernel:
        kernel.prctl(PR_SET_CHILD_SUBREAPER, 1)
    watch = Watch(request.grace)
    started, starting = os.pipe()
    child = os.fork()
    if child == 0:
        run_command(request.command, kernel)
    # Closed by exec: from then on the command has its own session, and signals to that session find it.
    os.close(starting)
    os.read(started, 1)
    code = os.waitstatus_to_exitcode(watch.status_of(child))
    send(os.killpg, child, signal.SIGKILL)
    kill_survivors()
    return 128 - code if code < 0 else code


def main() -> int:
    """The exit status of the whole program."""
    try:
        return guard(parse(sys.argv[1:]))
    except (GuardError, OSError, ValueError) as error:
        complain(f"labkit guard: {error}")
        return GUARD_FAILED


if __name__ == "__main__":
    sys.exit(main())
