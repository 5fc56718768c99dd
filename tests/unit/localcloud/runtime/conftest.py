import asyncio
import os
import time
from pathlib import Path

import pytest

from labkit.localcloud.errors import ApiError
from labkit.localcloud.runtime.object_tree import ObjectStat

BASE_ENV = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME") or name.startswith("PIP_")}


class MemoryTree:
    """Cloud Storage, as small as it gets: generations count up, `denied` objects may not be touched."""

    def __init__(self):
        self.data = {"bucket": {}}
        self.denied = set()
        self._generation = 0

    def put(self, name, content, bucket="bucket"):
        self._generation += 1
        self.data[bucket][name] = (self._generation, content)
        return self._generation

    def content(self, name, bucket="bucket"):
        return self.data[bucket][name][1]

    def names(self, bucket="bucket"):
        return sorted(self.data[bucket])

    async def buckets(self):
        return list(self.data)

    async def objects(self, bucket):
        self._check(bucket)
        return [ObjectStat(name, generation, len(content)) for name, (generation, content) in self.data[bucket].items()]

    async def read(self, bucket, name, target):
        if name not in self.data.get(bucket, {}):
            raise ApiError.not_found(f"No such object: {bucket}/{name}")
        generation, content = self.data[bucket][name]
        await asyncio.to_thread(target.write_bytes, content)
        return generation

    async def write(self, bucket, name, source):
        self._check(name)
        return self.put(name, await asyncio.to_thread(source.read_bytes), bucket)

    async def delete(self, bucket, name):
        self._check(name)
        del self.data[bucket][name]

    def _check(self, name):
        if name in self.denied:
            raise ApiError.denied("storage.objects.create", name, "storage.googleapis.com")


@pytest.fixture
def tree():
    return MemoryTree()


@pytest.fixture
def base_env():
    return dict(BASE_ENV)


def is_alive(pid):
    """A zombie is dead: nobody may have buried it yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except OSError:
        return False
    return state not in (b"Z", b"X")


@pytest.fixture
def assert_dies():
    def check(pid, within=3.0):
        end = time.monotonic() + within
        while is_alive(pid):
            assert time.monotonic() < end, f"process {pid} is still alive"
            time.sleep(0.01)

    return check


@pytest.fixture
def wait_for_text():
    def wait(path, within=5.0):
        """The text of a file another process writes in one go."""
        end = time.monotonic() + within
        while not (path.exists() and (text := path.read_text()).endswith("\n")):
            assert time.monotonic() < end, f"{path.name} was never written"
            time.sleep(0.01)
        return text.strip()

    return wait


@pytest.fixture
def eventually():
    async def wait(condition, within=10.0):
        """The first true value of `condition()`, asked again while the event loop goes on."""
        end = time.monotonic() + within
        while not (value := condition()):
            assert time.monotonic() < end, "it never happened"
            await asyncio.sleep(0.01)
        return value

    return wait
