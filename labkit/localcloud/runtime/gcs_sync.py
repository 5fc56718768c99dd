"""What to do when a job's files and the buckets' objects differ: decided here, done by `gcs_mount`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from labkit.localcloud.runtime.object_tree import ObjectKey


class Action(Enum):
    """One step that brings a file and its object together again."""

    UPLOAD = "upload"
    DELETE_OBJECT = "delete the object"
    DOWNLOAD = "download"
    DELETE_FILE = "delete the file"
    FORGET = "forget"


@dataclass(frozen=True)
class FileStamp:
    """What tells that a file has changed."""

    mtime_ns: int
    size: int


@dataclass(frozen=True)
class Pair:
    """A file and the object generation it is equal to."""

    stamp: FileStamp
    generation: int


Look = Mapping[ObjectKey, FileStamp]
Manifest = Mapping[ObjectKey, Pair]
Remote = Mapping[ObjectKey, int]


def reconcile(manifest: Manifest, remote: Remote, now: Look, before: Look | None) -> dict[ObjectKey, Action]:
    """The steps to take, by object.

    `manifest` is what was equal after the last steps, `remote` the generation of each object, `now` the files. `before`
    is the look before this one: a file still changing is left alone until two looks agree. None: the job has ended,
    nothing changes any more. Where both sides changed the job's file wins, as a later write to the bucket would.
    """
    steps = {}
    for key in {*manifest, *remote, *now}:
        settled = before is None or now.get(key) == before.get(key)
        step = _step(manifest.get(key), remote.get(key), now.get(key), settled=settled)
        if step is not None:
            steps[key] = step
    return steps


def _step(pair: Pair | None, generation: int | None, stamp: FileStamp | None, *, settled: bool) -> Action | None:
    if stamp == (pair.stamp if pair else None):
        return _follow_object(pair, generation)
    if not settled:
        return None
    if stamp is not None:
        return Action.UPLOAD
    assert pair is not None  # the stamps differ, and there is no file
    if generation is None:
        return Action.FORGET
    # The job deleted the file it knew. A newer object is someone else's work, which it has not seen.
    return Action.DELETE_OBJECT if generation == pair.generation else Action.DOWNLOAD


def _follow_object(pair: Pair | None, generation: int | None) -> Action | None:
    """The job has not touched the file: it follows the object."""
    if generation is None:
        return Action.DELETE_FILE
    if pair is None or generation != pair.generation:
        return Action.DOWNLOAD
    return None
