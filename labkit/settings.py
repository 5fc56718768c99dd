"""What the environment decides, read in this one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import SettingError

LOCAL = "local"
GOOGLE = "google"

_DEFAULT_REGION = "us-central1"
_DEFAULT_LOCAL_PROJECT = "labkit-student"


@dataclass(frozen=True)
class Settings:
    """`project` is empty where none was named. `auto` is true in headless runs: nobody is there to click or answer."""

    cloud: str
    home: Path
    auto: bool
    project: str
    region: str

    @property
    def local_cloud_home(self) -> Path:
        """The data folder of the local cloud."""
        return self.home / "cloud"

    @property
    def local_project(self) -> str:
        """The project the local cloud has."""
        return self.project or _DEFAULT_LOCAL_PROJECT


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from LABKIT_CLOUD, LABKIT_HOME, LABKIT_AUTO, LABKIT_PROJECT and LABKIT_REGION.

    Raises SettingError for a value that is none of those allowed.
    """
    values = os.environ if environment is None else environment
    cloud = values.get("LABKIT_CLOUD") or LOCAL
    if cloud not in {LOCAL, GOOGLE}:
        raise SettingError(f"LABKIT_CLOUD is {cloud!r}. Set it to {LOCAL!r} (the default) or {GOOGLE!r}.")
    auto = values.get("LABKIT_AUTO") or "0"
    if auto not in {"0", "1"}:
        raise SettingError(f"LABKIT_AUTO is {auto!r}. Set it to 1 in headless runs, or leave it out.")
    return Settings(
        cloud=cloud,
        home=_home(values.get("LABKIT_HOME", "")),
        auto=auto == "1",
        project=values.get("LABKIT_PROJECT", ""),
        region=values.get("LABKIT_REGION") or _DEFAULT_REGION,
    )


def _home(named: str) -> Path:
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs  # Only where no folder is named: `import labkit` stays fast.

    return Path(platformdirs.user_data_dir("labkit", appauthor=False))
