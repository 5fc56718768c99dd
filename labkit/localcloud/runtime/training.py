"""Runs a custom job: its replicas as processes of this machine, its buckets at `/gcs`, its output as log lines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from labkit.localcloud.errors import ApiError
from labkit.localcloud.runtime import python_env
from labkit.localcloud.runtime.dockerfile import DockerfileError
from labkit.localcloud.runtime.gcs_access import GcsAccess, with_gcs
from labkit.localcloud.runtime.gcs_mount import GcsMount
from labkit.localcloud.runtime.images import ImageCatalogue, ImageCommandError, ImageNotFoundError
from labkit.localcloud.runtime.object_tree import ObjectTree
from labkit.localcloud.runtime.output import Tail
from labkit.localcloud.runtime.ports import free_ports
from labkit.localcloud.runtime.process import Command, GcsRoot, Process, Stream
from labkit.localcloud.runtime.training_plan import ReplicaPlan, TrainingJob, plan, replica_count

SERVICE_TASK = "service"  # the task Vertex AI's own log lines carry
# When the primary has succeeded the job has. The others may be writing their last line.
_LAST_WORDS = 2.0


class Severity(Enum):
    """Cloud Logging's severity of a line: Vertex AI logs stdout as INFO, stderr as ERROR."""

    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


OnLine = Callable[[str, Severity, str], None]


class Ending(Enum):
    """How a job ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed out"


@dataclass(frozen=True)
class Outcome:
    """How a job ended, and the message of its error."""

    ending: Ending
    message: str = ""


@dataclass(frozen=True)
class JobSite:
    """Where a job runs: its own empty folder, the environment that leads to the local cloud, its way to /gcs."""

    folder: Path
    base_env: Mapping[str, str]
    access: GcsAccess
    grace: float = 10.0


class JobFailedError(Exception):
    """The job cannot go on; the text is the job's error message."""


@dataclass
class _Replica:
    plan: ReplicaPlan
    process: Process
    ended: asyncio.Task[int]
    tail: Tail


@dataclass
class Training:
    """One job. `on_line(task, severity, text)` gets every line it says, and the local cloud's own remarks."""

    job: TrainingJob
    images: ImageCatalogue
    tree: ObjectTree
    site: JobSite
    on_line: OnLine
    _cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, timeout: float | None = None) -> Outcome:
        """Run all replicas until the primary ends, one fails, `timeout` seconds pass or the job is cancelled.

        Cancelling the task that awaits this kills the processes too.
        """
        try:
            plans = self._plan()
            mount = GcsMount(self.site.folder / "gcs", self.tree, self._warn)
            async with mount.following() as root:
                await asyncio.gather(*(self._prepare(each) for each in plans))
                return await self._run_replicas(plans, root, timeout)
        except JobFailedError as error:
            return Outcome(Ending.FAILED, str(error))

    def cancel(self) -> None:
        """End the job: SIGTERM, then SIGKILL after the site's grace. `run` returns when it has ended."""
        self._cancelled.set()

    def _plan(self) -> list[ReplicaPlan]:
        ports = free_ports(replica_count(self.job))
        try:
            plans = plan(self.job, self.images, self.site.folder, ports, self.site.base_env)
        except (ImageNotFoundError, ImageCommandError, DockerfileError) as error:
            raise JobFailedError(str(error)) from error
        for note in dict.fromkeys(each.image.note for each in plans if each.image.note):
            self.on_line(SERVICE_TASK, Severity.INFO, note)
        return plans

    async def _prepare(self, replica: ReplicaPlan) -> None:
        await asyncio.to_thread(_lay_out, replica)
        for uri, path in replica.packages.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            bucket, _, name = uri.removeprefix("gs://").partition("/")
            try:
                await self.tree.read(bucket, name, path)
            except ApiError as error:
                raise JobFailedError(
                    f"The package {uri} of replica {replica.task} cannot be read: {error.message} "
                    "Upload it, or correct packageUris."
                ) from error

    async def _run_replicas(self, plans: Sequence[ReplicaPlan], root: GcsRoot, limit: float | None) -> Outcome:
        replicas: list[_Replica] = []
        try:
            for replica in plans:
                replicas.append(await self._start(replica, root))  # noqa: PERF401 - the started ones must be known
            outcome = await self._first_ending(replicas, limit)
            if outcome.ending is Ending.SUCCEEDED:
                await asyncio.wait([each.ended for each in replicas], timeout=_LAST_WORDS)
            for each in replicas:
                each.process.terminate()
            await asyncio.gather(*(each.ended for each in replicas))
            return outcome
        finally:
            for each in replicas:
                each.process.kill()
            await asyncio.gather(*(each.ended for each in replicas), return_exceptions=True)

    async def _start(self, replica: ReplicaPlan, root: GcsRoot) -> _Replica:
        tail = Tail()

        def on_line(stream: Stream, text: str) -> None:
            if stream is Stream.ERR:
                tail.add(text)
            self.on_line(replica.task, Severity.ERROR if stream is Stream.ERR else Severity.INFO, text)

        command = Command(replica.argv, replica.env, replica.cwd, grace=self.site.grace)
        try:
            process = await Process.start(with_gcs(command, root, self.site.access), on_line)
        except OSError as error:
            raise JobFailedError(f"The replica {replica.task} could not be started: {error}.") from error
        return _Replica(replica, process, asyncio.create_task(process.wait()), tail)

    async def _first_ending(self, replicas: Sequence[_Replica], limit: float | None) -> Outcome:
        """The primary decides, and so does any replica that fails: its peers would wait for it for ever."""
        running = list(replicas)
        deadline = None if limit is None else asyncio.get_running_loop().time() + limit
        cancelled = asyncio.create_task(self._cancelled.wait())
        try:
            while True:
                left = None if deadline is None else max(0.0, deadline - asyncio.get_running_loop().time())
                waited = {cancelled, *(each.ended for each in running)}
                done, _ = await asyncio.wait(waited, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                if cancelled in done:
                    return Outcome(Ending.CANCELLED, "The job was cancelled.")
                if not done:
                    return Outcome(Ending.TIMED_OUT, f"The job ran longer than its timeout of {limit:g} seconds.")
                if outcome := _decided([each for each in running if each.ended in done], primary=replicas[0]):
                    return outcome
                running = [each for each in running if each.ended not in done]
        finally:
            cancelled.cancel()

    def _warn(self, sentence: str) -> None:
        self.on_line(SERVICE_TASK, Severity.WARNING, sentence)


def _lay_out(replica: ReplicaPlan) -> None:
    python_env.create(replica.python.folder)
    replica.image.lay_out(replica.image_root)


def _decided(ended: Sequence[_Replica], primary: _Replica) -> Outcome | None:
    for each in ended:
        if status := each.ended.result():
            return Outcome(Ending.FAILED, _failure(each.plan.task, status, each.tail))
    return Outcome(Ending.SUCCEEDED) if primary in ended else None


def _failure(task: str, status: int, tail: Tail) -> str:
    """Vertex AI's message, and the traceback, which its console shows beside it."""
    message = f"The replica {task} exited with a non-zero status of {status}. Termination reason: Error. "
    return f"{message}\n{tail.text()}".strip()
