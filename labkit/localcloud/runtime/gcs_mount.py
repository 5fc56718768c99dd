"""A job's `/gcs/<bucket>/...`: a folder that is filled from the buckets and kept equal to them, both ways.

Vertex mounts the buckets with Cloud Storage FUSE. The local cloud keeps objects as blobs elsewhere, so here they are
copied. What follows from that: a change takes about a second to be seen on the other side, and a refused write is
reported in the log where FUSE would fail the job's own write.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from labkit.localcloud.errors import ApiError
from labkit.localcloud.runtime.gcs_files import Scan, path_in, scan, stamp_of
from labkit.localcloud.runtime.gcs_sync import Action, FileStamp, Pair, reconcile
from labkit.localcloud.runtime.object_tree import ObjectKey, ObjectTree, files_of, is_folder_marker
from labkit.localcloud.runtime.process import GcsRoot

_COPIES_AT_ONCE = 8


class GcsMount:
    """The view of one job, in `folder`, shared by its replicas.

    `report` gets each thing that could not be carried over, once, as a sentence.
    """

    def __init__(self, folder: Path, tree: ObjectTree, report: Callable[[str], None]) -> None:
        self.root = GcsRoot(view=folder / "view", mount_point=folder / "root")
        self._incoming = folder / "incoming"
        self._tree = tree
        self._report_line = report
        self._reported: set[str] = set()
        self._manifest: dict[ObjectKey, Pair] = {}
        self._before: dict[ObjectKey, FileStamp] = {}
        self._refused: set[tuple[ObjectKey, FileStamp | None]] = set()
        self._copies = 0

    @asynccontextmanager
    async def following(self, every: float = 1.0) -> AsyncIterator[GcsRoot]:
        """Fill the folder, keep it equal while the body runs, and carry over the last changes at the end."""
        await self.fill()
        ended = asyncio.Event()
        keeper = asyncio.create_task(self._keep(ended, every))
        try:
            yield self.root
        finally:
            ended.set()
            await keeper
            await self.finish()

    async def fill(self) -> None:
        """Make the folders and copy all objects in."""
        for folder in (self.root.view, self.root.mount_point, self._incoming):
            folder.mkdir(parents=True, exist_ok=True)
        for bucket, objects in (await self._listing()).items():
            for name in filter(is_folder_marker, objects):
                (self.root.view / bucket / name).mkdir(parents=True, exist_ok=True)
        await self.sync()

    async def sync(self) -> None:
        """Carry over what changed on either side, except files that are still being written."""
        await self._carry_over(self._before)

    async def finish(self) -> None:
        """Carry over everything: the job has ended, so no file is being written."""
        await self._carry_over(None)

    async def _keep(self, ended: asyncio.Event, every: float) -> None:
        waiting = asyncio.create_task(ended.wait())
        while waiting not in (await asyncio.wait({waiting}, timeout=every))[0]:
            await self.sync()

    async def _carry_over(self, before: dict[ObjectKey, FileStamp] | None) -> None:
        listing = await self._listing()
        found = await asyncio.to_thread(self._look, list(listing))
        remote = self._visible(listing)
        manifest = {key: pair for key, pair in self._manifest.items() if key.bucket in listing}
        steps = reconcile(manifest, remote, found.files, before)
        for oddity in found.oddities:
            self._report(oddity)
        await self._take(steps, found.files)
        self._before = found.files

    async def _listing(self) -> dict[str, dict[str, int]]:
        """The generation of each object, by bucket. A bucket the identity may not list has no entry."""
        listing = {bucket: await self._generations(bucket) for bucket in await self._tree.buckets()}
        return {bucket: generations for bucket, generations in listing.items() if generations is not None}

    async def _generations(self, bucket: str) -> dict[str, int] | None:
        try:
            return {stat.name: stat.generation for stat in await self._tree.objects(bucket)}
        except ApiError as error:
            self._report(f"/gcs/{bucket} cannot be shown: {error.message}")
            return None

    def _look(self, buckets: Sequence[str]) -> Scan:
        for bucket in buckets:
            (self.root.view / bucket).mkdir(exist_ok=True)
        return scan(self.root.view, buckets)

    def _visible(self, listing: dict[str, dict[str, int]]) -> dict[ObjectKey, int]:
        visible = {}
        for bucket, objects in listing.items():
            files, left_out = files_of(objects)
            visible.update({ObjectKey(bucket, name): objects[name] for name in files})
            for name in left_out:
                self._report(
                    f"{ObjectKey(bucket, name)} is not in /gcs: its name cannot be a file's beside the others."
                )
        return visible

    async def _take(self, steps: dict[ObjectKey, Action], files: dict[ObjectKey, FileStamp]) -> None:
        """Deletions first: a file may have to give way to a folder of its name."""
        limit = asyncio.Semaphore(_COPIES_AT_ONCE)

        async def take(key: ObjectKey, action: Action) -> None:
            async with limit:
                await self._step(key, action, files.get(key))

        deletions = {key: action for key, action in steps.items() if action is Action.DELETE_FILE}
        await asyncio.gather(*(take(key, action) for key, action in deletions.items()))
        await asyncio.gather(*(take(key, action) for key, action in steps.items() if key not in deletions))

    async def _step(self, key: ObjectKey, action: Action, stamp: FileStamp | None) -> None:
        if (key, stamp) in self._refused:
            return
        try:
            if action is Action.DOWNLOAD:
                await self._download(key, stamp)
            elif action is Action.UPLOAD:
                assert stamp is not None
                generation = await self._tree.write(key.bucket, key.name, path_in(self.root.view, key))
                self._manifest[key] = Pair(stamp, generation)
            else:
                await self._remove(key, action)
        except ApiError as error:
            self._refused.add((key, stamp))
            self._report(f"Cannot {action.value} {key}: {error.message}")
        except FileNotFoundError:
            return  # the job removed it meanwhile: the next look tells
        except OSError as error:
            self._report(f"Cannot {action.value} {key}: {error.strerror or error}.")

    async def _download(self, key: ObjectKey, expected: FileStamp | None) -> None:
        self._copies += 1
        fresh = self._incoming / str(self._copies)
        target = path_in(self.root.view, key)
        try:
            generation = await self._tree.read(key.bucket, key.name, fresh)
            target.parent.mkdir(parents=True, exist_ok=True)
            if stamp_of(target) != expected:
                return  # the job wrote it meanwhile, and its file wins
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)
        stamp = stamp_of(target)
        if stamp:
            self._manifest[key] = Pair(stamp, generation)

    async def _remove(self, key: ObjectKey, action: Action) -> None:
        if action is Action.DELETE_FILE:
            path_in(self.root.view, key).unlink()
        elif action is Action.DELETE_OBJECT:
            await self._tree.delete(key.bucket, key.name)
        self._manifest.pop(key, None)

    def _report(self, sentence: str) -> None:
        if sentence not in self._reported:
            self._reported.add(sentence)
            self._report_line(sentence)
