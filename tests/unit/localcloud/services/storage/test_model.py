"""Cloud Storage against a dict, step by step at hypothesis's choice; a restart is a step like any other."""

import itertools
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

KIB_256 = 256 * 1024

# Few, so that steps meet: nested, empty-looking, and of letters that need quoting.
NAMES = st.sampled_from(["a", "a/b", "a/b/c.csv", "é %2F?#", "z"])
DATA = st.binary(max_size=40)
METADATA = st.dictionaries(st.sampled_from(["color", "size"]), st.text("abc", max_size=3), max_size=2)
PREFIXES = st.sampled_from(["", "a", "a/", "b"])


@dataclass
class Entry:
    """What an object should be."""

    data: bytes
    metadata: dict[str, str] = field(default_factory=dict)
    metageneration: int = 1


class StorageModel(RuleBasedStateMachine):
    """`make` gives a new, empty Cloud Storage."""

    sessions = Bundle("sessions")

    def __init__(self, make):
        super().__init__()
        self.gcs = make()
        self.gcs.bucket(softDeletePolicy={"retentionDurationSeconds": 0})
        self.left = []
        self.model = {}
        self.progress = {}

    def call(self, verb, path, **request):
        return self.gcs(verb, f"/storage/v1/b/lab-data/o/{path}", **request)

    def download(self, name):
        return self.gcs("GET", f"/download/storage/v1/b/lab-data/o/{quote(name, safe='')}?alt=media")

    @rule(name=NAMES, data=DATA)
    def upload(self, name, data):
        assert self.gcs.upload(name, data).status_code == 200
        self.model[name] = Entry(data)

    @rule(name=NAMES, data=DATA)
    def upload_if_new(self, name, data):
        reply = self.gcs(
            "POST",
            "/upload/storage/v1/b/lab-data/o",
            params={"uploadType": "media", "name": name, "ifGenerationMatch": "0"},
            content=data,
        )
        assert reply.status_code == (412 if name in self.model else 200)
        self.model.setdefault(name, Entry(data))

    @rule(target=sessions, name=NAMES)
    def begin(self, name):
        uri = self.gcs.begin(name)
        self.progress[uri] = (name, 0)
        return uri

    @rule(uri=sessions, fill=st.integers(0, 255))
    def append(self, uri, fill):
        if uri in self.progress:
            name, received = self.progress[uri]
            span = f"bytes {received}-{received + KIB_256 - 1}/*"
            reply = self.gcs("PUT", uri, headers={"content-range": span}, content=bytes([fill]) * KIB_256)
            assert reply.status_code == 308
            assert reply.headers["range"] == f"bytes=0-{received + KIB_256 - 1}"
            self.progress[uri] = (name, received + KIB_256)

    @rule(uri=sessions)
    def ask_how_far(self, uri):
        if uri in self.progress:
            received = self.progress[uri][1]
            reply = self.gcs("PUT", uri, headers={"content-range": "bytes */*"})
            assert reply.status_code == 308
            assert reply.headers.get("range") == (f"bytes=0-{received - 1}" if received else None)

    @rule(uri=sessions, end=DATA)
    def finish(self, uri, end):
        if uri not in self.progress:
            return
        name, received = self.progress.pop(uri)
        total = received + len(end)
        span = f"bytes {received}-{total - 1}/{total}" if end else f"bytes */{total}"
        assert self.gcs("PUT", uri, headers={"content-range": span}, content=end).status_code == 200
        data = self.download(name).content
        assert (len(data), data[received:]) == (total, end)
        self.model[name] = Entry(data)

    @rule(name=NAMES)
    def delete(self, name):
        reply = self.call("DELETE", quote(name, safe=""))
        assert reply.status_code == (204 if name in self.model else 404)
        self.model.pop(name, None)

    @rule(name=NAMES, metadata=METADATA)
    def patch(self, name, metadata):
        reply = self.call("PATCH", quote(name, safe=""), json={"metadata": metadata})
        assert reply.status_code == (200 if name in self.model else 404)
        if name in self.model:
            self.model[name].metadata |= metadata
            self.model[name].metageneration += 1

    @rule(source=NAMES, copy=NAMES)
    def rewrite(self, source, copy):
        reply = self.call("POST", f"{quote(source, safe='')}/rewriteTo/b/lab-data/o/{quote(copy, safe='')}")
        assert reply.status_code == (200 if source in self.model else 404)
        if source in self.model:
            self.model[copy] = Entry(self.model[source].data, dict(self.model[source].metadata))

    @rule()
    def restart(self):
        """By `kill -9`: what comes next knows the disk only."""
        self.left.append(self.gcs)
        self.gcs = self.gcs.crash()

    @rule(prefix=PREFIXES, size=st.integers(1, 3))
    def list_by_pages(self, prefix, size):
        names, token = [], ""
        while True:
            query = {"prefix": prefix, "maxResults": size, "pageToken": token}
            page = self.gcs("GET", "/storage/v1/b/lab-data/o", params=query).json()
            names += [item["name"] for item in page.get("items", ())]
            token = page.get("nextPageToken", "")
            if not token:
                break
        assert names == sorted(name for name in self.model if name.startswith(prefix))

    @rule(name=NAMES)
    def read(self, name):
        entry, reply = self.model.get(name), self.download(name)
        assert reply.status_code == (200 if entry else 404)
        if entry:
            assert reply.content == entry.data
            found = self.call("GET", quote(name, safe="")).json()
            assert (int(found["size"]), found["metageneration"]) == (len(entry.data), str(entry.metageneration))
            assert found.get("metadata", {}) == entry.metadata

    @invariant()
    def no_blob_is_without_an_owner(self):
        open_uploads = sum(received > 0 for _, received in self.progress.values())
        assert len(self.gcs.blobs_on_disk()) <= len(self.model) + open_uploads

    def teardown(self):
        for each in (*self.left, self.gcs):
            each.close()


@pytest.fixture
def make(gcs, tmp_path):
    numbers = itertools.count()
    return lambda: type(gcs)(tmp_path / f"model-{next(numbers)}", gcs.clock, gcs.loop)


def test_it_is_a_dict_that_survives_restarts(make):
    run_state_machine_as_test(
        lambda: StorageModel(make),
        settings=settings(
            max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
