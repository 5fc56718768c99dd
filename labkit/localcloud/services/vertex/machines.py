"""The machines of Vertex AI, which are all this one: where the student's processes run, and in what environment."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path

from labkit.localcloud.core.machine_identity import MachineIdentities
from labkit.localcloud.runtime.gcs_access import GcsAccess, find_access
from labkit.localcloud.runtime.images import ImageCatalogue

_log = logging.getLogger(__name__)


class Machines:
    """Folders for processes, the images they may use, and the environment that leads their Google clients here."""

    def __init__(self, home: Path, images: ImageCatalogue) -> None:
        self.images = images
        self._environment: Mapping[str, str] = {}
        self._identities: MachineIdentities | None = None
        self._home = home
        self._access: asyncio.Task[GcsAccess] | None = None

    def use(self, environment: Mapping[str, str], identities: MachineIdentities) -> None:
        """Said once, when the server knows its own address."""
        self._environment = environment
        self._identities = identities

    async def environment(self, service_account: str) -> dict[str, str]:
        """That of a process that runs as a service account."""
        assert self._identities is not None, "`use` comes before the first process"
        return {**self._environment, **await self._identities.variables(service_account)}

    def folder(self, kind: str, name: str) -> Path:
        """A new, empty folder for one job or model server."""
        folder = self._home / kind / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    async def access(self) -> GcsAccess:
        """How jobs reach /gcs on this machine; tried out once."""
        if self._access is None:
            self._access = asyncio.get_running_loop().create_task(self._find_access())
        return await self._access

    async def _find_access(self) -> GcsAccess:
        access, why_not = await find_access(self.folder("jobs", "probe"))
        if why_not:
            _log.warning("Jobs reach /gcs by %s: %s", access.value, why_not)
        return access
