"""From an image URI to how it is run. No container engine: an image is this machine's Python and some files."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from labkit.localcloud.runtime import dockerfile

_PREBUILT = ("docker.pkg.dev/vertex-ai/", "gcr.io/cloud-aiplatform/")  # as aiplatform/utils/source_utils.py tells them
_REFERENCE = re.compile(r"(?P<path>[^@]+?)(?::(?P<tag>[\w][\w.-]*))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?$")


_TOP = PurePosixPath("/")


class ImageNotFoundError(Exception):
    """There is no such image, in Google's words, and what there is."""

    def __init__(self, uri: str, advice: str) -> None:
        super().__init__(f"The image {uri} does not exist. {advice}")
        self.uri = uri


class ImageCommandError(Exception):
    """Neither the image nor the request says what to run."""


@dataclass(frozen=True)
class Image:
    """How an image runs. `note` is for the job's log: what is different here from a container."""

    uri: str
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    workdir: PurePosixPath = _TOP
    copies: tuple[dockerfile.Copy, ...] = ()
    source: Path | None = None
    note: str = ""

    def argv(self, command: Sequence[str], args: Sequence[str]) -> tuple[str, ...]:
        """What to run, as Kubernetes has it: `command` replaces ENTRYPOINT and CMD, `args` alone replaces CMD."""
        if command:
            return (*command, *args)
        argv = (*self.entrypoint, *(args or self.cmd))
        if not self.entrypoint and (args or not self.cmd):
            raise ImageCommandError(
                f"The image {self.uri} has no command of its own here, and containerSpec.command is empty. "
                f"Give the command. {self.note}".rstrip()
            )
        return argv

    def working_directory(self, folder: Path) -> Path:
        """WORKDIR, in an image laid out in `folder`."""
        return _below(folder, self.workdir)

    def lay_out(self, folder: Path) -> None:
        """Put the image's files into `folder` as the image has them below `/`."""
        for copy in self.copies:
            for source in copy.sources:
                assert self.source is not None
                _copy(self.source / source, _below(folder, copy.target), into=copy.into)
        self.working_directory(folder).mkdir(parents=True, exist_ok=True)


class ImageCatalogue:
    """The images there are: the course's own, one folder each below `folder`, and those that are plain Python."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Names of the course's images."""
        return sorted(path.parent.name for path in self._folder.glob("*/Dockerfile"))

    def find(self, uri: str) -> Image:
        """How to run `uri`. Raises ImageNotFoundError."""
        match = _REFERENCE.match(uri)
        if match is None:
            raise ImageNotFoundError(uri, "This is not an image name: HOST/PATH/NAME:TAG is.")
        host, path = _split_host(match["path"])
        if any(part in uri for part in _PREBUILT):
            return _prebuilt(uri, path)
        if host.endswith("-docker.pkg.dev"):
            return self._course_image(uri, path)
        if host in ("", "docker.io") and path.removeprefix("library/") == "python":
            return Image(uri, cmd=("python3",), note=_python_note(uri))
        raise ImageNotFoundError(uri, self._advice())

    def _course_image(self, uri: str, path: str) -> Image:
        *repository, name = path.split("/")
        if len(repository) < 2:
            raise ImageNotFoundError(uri, "Artifact Registry has REGION-docker.pkg.dev/PROJECT/REPOSITORY/NAME.")
        if name not in self.names():
            raise ImageNotFoundError(uri, self._advice())
        recipe = dockerfile.read(self._folder / name / "Dockerfile")
        return Image(
            uri,
            entrypoint=recipe.entrypoint,
            cmd=recipe.cmd,
            env=recipe.env,
            workdir=recipe.workdir,
            copies=tuple(recipe.copies),
            source=self._folder / name,
            note=_python_note(uri),
        )

    def _advice(self) -> str:
        return (
            "The local cloud has no container engine. It runs the course's images "
            f"({', '.join(self.names())}) at REGION-docker.pkg.dev/PROJECT/REPOSITORY/NAME, Vertex AI's prebuilt "
            "training images, and python from Docker Hub."
        )


def _prebuilt(uri: str, path: str) -> Image:
    serving = "/prediction/" in f"/{path}"
    missing = " Its model server is not here: serve with torch-serve, or give a command." if serving else ""
    return Image(uri, note=_python_note(uri) + missing)


def _python_note(uri: str) -> str:
    return f"labkit: {uri} runs as a process on this machine's Python and its packages, not in a container."


def _split_host(path: str) -> tuple[str, str]:
    """Docker's rule: the first part is a host if it has a dot or a colon, or is localhost."""
    first, slash, rest = path.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first, rest
    return "", path


def _below(folder: Path, target: PurePosixPath) -> Path:
    parts = [part for part in target.parts if part not in ("/", ".")]
    if ".." in parts:
        raise dockerfile.DockerfileError(f"{target} leads out of the image.")
    return folder.joinpath(*parts)


def _copy(source: Path, target: Path, *, into: bool) -> None:
    """Docker's COPY: a folder's contents, or a file under the target's name or, `into` a folder, its own."""
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
        return
    target = target / source.name if into else target
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
