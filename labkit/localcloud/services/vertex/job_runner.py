"""Takes custom jobs from PENDING to their end, and keeps what is known of them in the store at every step."""

from __future__ import annotations

import asyncio
from typing import Any

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.tasks import Tasks
from labkit.localcloud.errors import Code
from labkit.localcloud.runtime.training import SERVICE_TASK, Ending, JobSite, Outcome, Severity, Training
from labkit.localcloud.services.logging.log_book import LogBook
from labkit.localcloud.services.storage.access import Guard
from labkit.localcloud.services.storage.object_tree import StorageTree
from labkit.localcloud.services.vertex import job_specs
from labkit.localcloud.services.vertex.acting import training_account
from labkit.localcloud.services.vertex.job_log import JobLog
from labkit.localcloud.services.vertex.machines import Machines
from labkit.localcloud.services.vertex.names import Location
from labkit.localcloud.services.vertex.parts import Parts

_INTERRUPTED = (
    "Internal error occurred for the current attempt: the local cloud stopped while the job ran. Submit it again."
)

_STATES = {
    Ending.SUCCEEDED: "JOB_STATE_SUCCEEDED",
    Ending.FAILED: "JOB_STATE_FAILED",
    Ending.CANCELLED: "JOB_STATE_CANCELLED",
    Ending.TIMED_OUT: "JOB_STATE_FAILED",
}

# google.rpc.Status.code of a job that did not succeed. Vertex AI gives 3 where the student's code failed.
_CODES = {
    Ending.FAILED: Code.INVALID_ARGUMENT,
    Ending.CANCELLED: Code.CANCELLED,
    Ending.TIMED_OUT: Code.DEADLINE_EXCEEDED,
}


class JobRunner:
    """Submits, runs and cancels CustomJob resources."""

    def __init__(self, parts: Parts, machines: Machines, guard: Guard, book: LogBook, tasks: Tasks) -> None:
        self._parts = parts
        self._machines = machines
        self._guard = guard
        self._book = book
        self._tasks = tasks
        self._running: dict[str, Training] = {}

    def submit(self, location: Location, given: Any) -> Any:
        """Keep a new job in the state PENDING."""
        job = self._parts.types.CustomJob()
        job.CopyFrom(given)
        job.name = f"{location.name}/customJobs/{self._parts.ids.numeric()}"
        job.state = self._state("JOB_STATE_PENDING")
        self._parts.stamp(job)
        self._parts.resources.insert(job)
        return job

    def start(self, name: str, location: Location) -> asyncio.Task[Any]:
        """Run a submitted job in the background; the task's result is the job as it ended."""
        job = self._parts.resources.get(self._parts.types.CustomJob, name)
        log = JobLog(self._book, location.project, _id(name))
        return self._tasks.start(self._run(job, location, log))

    def cancel(self, name: str) -> None:
        """End a job that runs or is about to; one that has ended stays as it is."""
        if self._parts.resources.get(self._parts.types.CustomJob, name).HasField("end_time"):
            return
        self._set(name, "JOB_STATE_CANCELLING")
        if name in self._running:
            self._running[name].cancel()

    def fail_interrupted(self) -> None:
        """At start-up: jobs that ran when the server ended have failed, and say why."""
        for job in self._parts.resources.children(self._parts.types.CustomJob, ""):
            if not job.HasField("end_time"):
                self._end(job.name, "JOB_STATE_FAILED", Code.INTERNAL, _INTERRUPTED)

    async def _run(self, job: Any, location: Location, log: JobLog) -> Any:
        name, spec = job.name, job.job_spec
        access = await self._machines.access()
        account = training_account(spec.service_account, location.project)
        environment = await self._machines.environment(account)
        waiting = self._parts.resources.find(self._parts.types.CustomJob, name)
        if waiting is None or waiting.state == self._state("JOB_STATE_CANCELLING"):
            return self._end(name, "JOB_STATE_CANCELLED", Code.CANCELLED, "The job was cancelled before it began.")
        training_job = job_specs.training_job(spec, _id(name), location)
        site = JobSite(self._machines.folder("jobs", _id(name)), environment, access)

        def on_line(task: str, severity: Severity, text: str) -> None:
            log.write(task, severity.value, text)

        tree = StorageTree(self._guard, Principal(account), training_job.project_number)
        training = Training(training_job, self._machines.images, tree, site, on_line)
        self._running[name] = training
        try:
            self._set(name, "JOB_STATE_RUNNING")
            log.write(SERVICE_TASK, "INFO", "Job is running.")
            outcome = await training.run(job_specs.timeout_seconds(spec))
        finally:
            del self._running[name]
        log.write(SERVICE_TASK, "INFO" if outcome.ending is Ending.SUCCEEDED else "ERROR", _last_line(outcome))
        log.flush()  # Before the state: whoever sees the job ended finds its whole log.
        return self._end(name, _STATES[outcome.ending], _CODES.get(outcome.ending), outcome.message)

    def _set(self, name: str, state: str) -> None:
        job = self._parts.resources.get(self._parts.types.CustomJob, name)
        job.state = self._state(state)
        now = self._parts.clock.now()
        job.update_time.FromDatetime(now)
        if not job.HasField("start_time"):
            job.start_time.FromDatetime(now)
        self._parts.resources.update(job)

    def _end(self, name: str, state: str, code: Code | None, message: str) -> Any:
        job = self._parts.resources.find(self._parts.types.CustomJob, name)
        if job is None:  # It was deleted meanwhile.
            return None
        job.state = self._state(state)
        if code is not None:
            job.error.code = code.number
            job.error.message = message
        now = self._parts.clock.now()
        job.end_time.FromDatetime(now)
        job.update_time.FromDatetime(now)
        self._parts.resources.update(job)
        return job

    def _state(self, name: str) -> int:
        number: int = self._parts.types.JobState.Value(name)
        return number


def _id(name: str) -> str:
    return name.rpartition("/")[2]


def _last_line(outcome: Outcome) -> str:
    if outcome.ending is Ending.SUCCEEDED:
        return "Job completed successfully."
    return outcome.message
