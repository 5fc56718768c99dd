"""A cloud for lab 03 whose network edge is one bucket: a list of generations, and what strangers are answered."""

import re
from datetime import datetime, timezone
from types import SimpleNamespace

import pytest

from labkit.labs.buckets import wines

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)


class FakeBlob(SimpleNamespace):
    def download_as_bytes(self):
        return self.content


class Listing(list):
    prefixes = frozenset()


class FakeBucket:
    """Generations in the order of their writing; `kept` says of each whether it is live, noncurrent or soft-deleted."""

    def __init__(self, name):
        self.name, self.location = name, "US-CENTRAL1"
        self.labels = {"course": "mlops", "lab": "buckets"}
        self.iam_configuration = SimpleNamespace(
            uniform_bucket_level_access_enabled=True, public_access_prevention="enforced"
        )
        self.versioning_enabled, self.lifecycle_rules = True, []
        self.kept, self.bindings = [], []

    def write(self, name, content=b"", **metadata):
        """A new live generation; the one before becomes noncurrent. Its number."""
        self.delete(name)
        number = 10**15 + len(self.kept)
        fields = {"content_type": "text/csv", "cache_control": "no-cache", "md5_hash": "md5", **metadata}
        blob = FakeBlob(
            name=name,
            generation=number,
            content=content,
            size=len(content),
            crc32c=wines.crc32c(content),
            time_deleted=None,
            soft_deleted=False,
            **fields,
        )
        self.kept.append(blob)
        return number

    def delete(self, name):
        for blob in self.kept:
            if blob.name == name and not blob.time_deleted:
                blob.time_deleted = NOW

    def delete_for_good(self, number):
        for blob in self.kept:
            if blob.generation == number:
                blob.time_deleted, blob.soft_deleted = NOW, True

    def get_iam_policy(self, requested_policy_version):
        return SimpleNamespace(bindings=self.bindings)

    def get_blob(self, name):
        found = [blob for blob in self.kept if blob.name == name and not blob.time_deleted]
        return found[0] if found else None

    def blob(self, name):
        return self.get_blob(name)


class FakeCloud:
    """Holds one bucket; `answers` are (status, body) by address, for whoever has no account."""

    name, project, region = "local", "p", "us-central1"

    def __init__(self):
        self.held, self.answers = FakeBucket("p-lab03"), {}

    def ensure(self):
        return None

    def anonymous(self):
        return SimpleNamespace(get=self._answer)

    def storage(self):
        return SimpleNamespace(
            lookup_bucket=lambda name: self.held if name == self.held.name else None,
            get_bucket=lambda name: self.held,
            bucket=lambda name: self.held,
            list_blobs=self._list,
        )

    def _answer(self, link):
        status, body = self.answers.get(link, (403, "<Error><Code>AccessDenied</Code></Error>"))
        return SimpleNamespace(status_code=status, text=body, content=body.encode())

    def _list(self, name, *, prefix="", delimiter="", match_glob="", versions=False, soft_deleted=False):
        pattern = re.compile(re.escape(match_glob).replace(r"\*\*", ".*").replace(r"\*", "[^/]*") or ".*")
        wanted = [
            blob
            for blob in self.held.kept
            if blob.name.startswith(prefix)
            and pattern.fullmatch(blob.name)
            and blob.soft_deleted == soft_deleted
            and (versions or soft_deleted or not blob.time_deleted)
        ]
        if not delimiter:
            return Listing(wanted)
        found = Listing(blob for blob in wanted if delimiter not in blob.name[len(prefix) :])
        found.prefixes = {
            prefix + blob.name[len(prefix) :].split(delimiter)[0] + delimiter for blob in wanted if blob not in found
        }
        return found


@pytest.fixture
def cloud():
    return FakeCloud()


@pytest.fixture
def held(cloud):
    """The bucket as the cloud holds it."""
    return cloud.held


@pytest.fixture
def judge(cloud):
    """Judges an exercise of lab 03 by answers given as plain data, as a grader has them."""
    from labkit.checking.answers import Answers
    from labkit.labs.buckets import LAB

    def check(exercise, **answers):
        return LAB.exercise(exercise).judge(LAB.id, Answers({"bucket": "p-lab03", **answers}), cloud)

    return check
