"""The Python a job runs on: this machine's, in a virtual environment of the job's own, to install into freely."""

from __future__ import annotations

import site
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PIP_SHIM = Path(__file__).with_name("pip_shim.py")
# pip reads these below HOME, and a job's HOME is another: pip/_internal/configuration.py, platformdirs.
_PIP_CONFIGURATIONS = (".config/pip/pip.conf", "Library/Application Support/pip/pip.conf", ".pip/pip.conf")
# These would lead the job's Python away from its own folders.
_NOT_INHERITED = frozenset({"PYTHONHOME", "PYTHONPATH", "PYTHONNOUSERSITE", "PYTHONSTARTUP", "PIP_USER", "PIP_TARGET"})


@dataclass(frozen=True)
class PythonEnv:
    """The folders of one replica's Python; `create` makes them."""

    folder: Path

    @property
    def bin(self) -> Path:
        return self.folder / "venv" / "bin"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    @property
    def user_base(self) -> Path:
        """Where `pip install --user` puts things."""
        return self.home / ".local"

    def variables(self, base: Mapping[str, str]) -> dict[str, str]:
        """The environment `base` with this Python in front. What pip is configured to do stays as the user has it."""
        kept = {name: value for name, value in base.items() if name not in _NOT_INHERITED}
        path = [str(self.bin), str(self.user_base / "bin"), base.get("PATH", "/usr/bin:/bin")]
        return {
            **kept,
            **_pip_configuration(base),
            "PATH": ":".join(path),
            "VIRTUAL_ENV": str(self.folder / "venv"),
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "PYTHONUSERBASE": str(self.user_base),
            "PYTHONUNBUFFERED": "1",  # as in Google's images: a line is in the log when it is printed
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
        }


def create(folder: Path) -> PythonEnv:
    """Make a Python for one replica in `folder`, without network, in 5 ms. What this one can import, it can import.

    The venv allows the user site (`include-system-site-packages`), or pip would refuse `--user` in it.
    """
    env = PythonEnv(folder)
    for made in (env.home, env.temporary):
        made.mkdir(parents=True, exist_ok=True)
    builder = venv.EnvBuilder(system_site_packages=True, symlinks=True, with_pip=False)
    builder.create(folder / "venv")
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (packages / "labkit_parent.pth").write_text(_parent_packages(), encoding="utf-8")
    for name in ("pip", "pip3"):
        script = env.bin / name
        script.write_text(f'#!/bin/sh\nexec "{env.bin / "python"}" "{PIP_SHIM}" "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    return env


def _parent_packages() -> str:
    """A .pth file. addsitedir, because a plain path would not honour .pth files (editable installs) in that folder."""
    folders = site.getsitepackages() + ([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])
    return "".join(f"import site; site.addsitedir({folder!r})\n" for folder in folders)


def _pip_configuration(base: Mapping[str, str]) -> dict[str, str]:
    if "PIP_CONFIG_FILE" in base or "HOME" not in base:
        return {}
    found = [path for name in _PIP_CONFIGURATIONS if (path := Path(base["HOME"]) / name).is_file()]
    return {"PIP_CONFIG_FILE": str(found[0])} if found else {}
