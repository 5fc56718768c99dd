"""What a job's `/gcs` needs of Cloud Storage, and which object names can be files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

_NAME_LIMIT = 255  # bytes of one file name: ext4, APFS, NTFS
_PATH_LIMIT = 1024  # bytes of an object's name, by Cloud Storage's own rule


@dataclass(frozen=True)
class ObjectStat:
    """One live object of a bucket, as a listing gives it."""

    name: str
    generation: int
    size: int


class ObjectTree(Protocol):
    """The buckets of one project, with the rights of the job's identity.

    Each method may raise `ApiError`: NOT_FOUND for a bucket or object that is not there, PERMISSION_DENIED for one the
    identity may not touch. They are called from the server's event loop; an implementation copies files in a thread.
    """

    async def buckets(self) -> Sequence[str]:
        """Names of the project's buckets."""

    async def objects(self, bucket: str) -> Sequence[ObjectStat]:
        """The live objects of `bucket`, all of them."""

    async def read(self, bucket: str, name: str, target: Path) -> int:
        """Copy the object's bytes to the new file `target`; the generation that was copied."""

    async def write(self, bucket: str, name: str, source: Path) -> int:
        """Make the bytes of the file `source` the object's, by copying; the new generation."""

    async def delete(self, bucket: str, name: str) -> None:
        """Delete the live object."""


class ObjectKey(NamedTuple):
    """Which object; as a file it is `/gcs/<bucket>/<name>`."""

    bucket: str
    name: str

    def __str__(self) -> str:
        return f"gs://{self.bucket}/{self.name}"


def is_folder_marker(name: str) -> bool:
    """The console makes an empty object `a/` for a new folder; `/gcs` shows it as that folder."""
    return name.endswith("/") and can_be_file(name.removesuffix("/"))


def can_be_file(name: str) -> bool:
    """Whether an object of this name can be a file at all: `a//b`, `../a`, `/a` and over-long names cannot."""
    if "\0" in name or len(name.encode("utf-8", "replace")) > _PATH_LIMIT:
        return False
    parts = name.split("/")
    return all(part not in ("", ".", "..") and len(part.encode("utf-8", "replace")) <= _NAME_LIMIT for part in parts)


def can_be_object(name: str) -> bool:
    """Whether a file of this path can be an object: its name must be UTF-8, and at most 1024 bytes of it."""
    try:
        return len(name.encode("utf-8")) <= _PATH_LIMIT
    except UnicodeEncodeError:
        return False


def files_of(names: Iterable[str]) -> tuple[set[str], set[str]]:
    """Names that become files, and names left out. `a` is left out beside `a/b`: a path is a file or a folder."""
    names = set(names)
    folders = {name[:cut] for name in names for cut in range(len(name)) if name[cut] == "/"}
    files = {name for name in names if can_be_file(name) and name not in folders}
    return files, {name for name in names - files if not is_folder_marker(name)}
