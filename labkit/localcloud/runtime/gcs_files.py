"""The files of a job's `/gcs` folder, seen without following a link out of it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from labkit.localcloud.runtime.gcs_sync import FileStamp
from labkit.localcloud.runtime.object_tree import ObjectKey, can_be_object


@dataclass
class Scan:
    """One look at the folder: its files, and what in it cannot become an object, in words."""

    files: dict[ObjectKey, FileStamp] = field(default_factory=dict)
    oddities: list[str] = field(default_factory=list)


def scan(view: Path, buckets: Collection[str]) -> Scan:
    """Look at every file in the folders of `buckets`. Other things beside them are oddities, never new buckets."""
    found = Scan()
    for entry in os.scandir(view):
        if entry.name not in buckets:
            found.oddities.append(
                f"/gcs/{entry.name} is not stored: the project has no bucket '{entry.name}'. Create the bucket first."
            )
        elif entry.is_dir(follow_symlinks=False):
            for path in _walk(Path(entry.path), found):
                _add(path, path.relative_to(view).as_posix(), found)
    return found


def stamp_of(path: Path) -> FileStamp | None:
    """The stamp of a regular file; None when there is none."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return FileStamp(status.st_mtime_ns, status.st_size)


def path_in(view: Path, key: ObjectKey) -> Path:
    """Where the object's file is. Raises OSError when the job has put a link in the way, which could lead anywhere."""
    path = view / key.bucket / key.name
    for folder in path.parents:
        if folder == view:
            return path
        if folder.is_symlink():
            raise OSError(f"{folder.relative_to(view)} is a symbolic link")
    raise OSError(f"{key} is not below /gcs")


def _walk(folder: Path, found: Scan) -> Iterator[Path]:
    """Regular files below `folder`. A folder that vanishes meanwhile has no files."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), found)
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path)
        else:
            found.oddities.append(f"{_shown(entry.path, folder)} is not stored: only regular files can be objects.")


def _add(path: Path, relative: str, found: Scan) -> None:
    bucket, _, name = relative.partition("/")
    if not can_be_object(name):
        found.oddities.append(f"{_shown(str(path), path.parent)} is not stored: its name is not UTF-8, or too long.")
    elif stamp := stamp_of(path):
        found.files[ObjectKey(bucket, name)] = stamp


def _shown(path: str, folder: Path) -> str:
    """A path as text that can always be logged."""
    return (f"{folder.name}/{Path(path).name}").encode("utf-8", "backslashreplace").decode()
