"""A job's output on its way to Cloud Logging: resource.type ml_job, with labels job_id and task_name.

Source: https://cloud.google.com/vertex-ai/docs/training/monitor-jobs
"""

from __future__ import annotations

import asyncio
from typing import Any

from labkit.localcloud.core.projects import Project
from labkit.localcloud.services.logging.log_book import LogBook

# Lines are kept in groups: one transaction each would cost a job that prints much more than its training.
_GROUP_SECONDS = 0.05

_RESOURCE = "ml_job"


class JobLog:
    """Takes lines of one job's replicas; Logging shows them a moment later, and all of them after `flush`."""

    def __init__(self, book: LogBook, project: Project, job_id: str) -> None:
        self._book = book
        self._project = project
        self._job_id = job_id
        self._waiting: list[Any] = []
        self._timer: asyncio.TimerHandle | None = None

    def write(self, task: str, severity: str, text: str) -> None:
        """One line; `task` is "workerpool0-0", or "service" for what the cloud itself says."""
        labels = {"project_id": self._project.id, "job_id": self._job_id, "task_name": task}
        self._waiting.append(self._book.line(self._project.id, task, _RESOURCE, labels, severity, text))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_GROUP_SECONDS, self.flush)

    def flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        entries, self._waiting = self._waiting, []
        if entries:
            self._book.append(self._project.id, entries)
