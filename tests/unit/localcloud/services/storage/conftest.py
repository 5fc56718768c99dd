"""A Cloud Storage without a server: requests go to the API in process, as bytes that real clients send."""

from __future__ import annotations

import itertools
import shutil
from datetime import datetime, timedelta, timezone

import httpx
import pytest
from starlette.requests import Request

from labkit.localcloud.core.blobs import Blobs
from labkit.localcloud.core.failures import as_api_error
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.core.store import Store
from labkit.localcloud.iam.access_control import AccessControl
from labkit.localcloud.iam.basic_roles import OWNER
from labkit.localcloud.iam.hierarchy import project_policy_name
from labkit.localcloud.iam.policies import Policies
from labkit.localcloud.services.storage.access import Guard
from labkit.localcloud.services.storage.api import StorageApi
from labkit.localcloud.services.storage.batch import BatchApi
from labkit.localcloud.services.storage.hmac_keys import HmacKeys
from labkit.localcloud.services.storage.public_access import PublicAccess
from labkit.localcloud.services.storage.storage import Storage
from tests.fakes import EnabledServices, KnownAccounts, NamedCallers, OrganizationRules

STUDENT = Principal("student@example.com")


class DrivenClock:
    def __init__(self):
        self.time = datetime(2026, 11, 24, 9, 30, tzinfo=timezone.utc)

    def now(self):
        return self.time

    def advance(self, **delta):
        self.time += timedelta(**delta)


class Gcs:
    """The API over a data folder; `crash` gives another one over what is on the disk at that moment."""

    def __init__(self, home, clock, loop):
        self.home, self.clock, self.loop = home, clock, loop
        home.mkdir(exist_ok=True)
        self.store = Store(home / "cloud.db")
        ids = Ids()
        self.blobs = Blobs(home / "blobs", ids)
        projects = Projects(self.store, clock, ids, default="student-lab")
        self.policies = Policies(self.store, clock)
        if projects.find("student-lab") is None:
            projects.create("student-lab")
            self.policies.grant(project_policy_name("student-lab"), OWNER, STUDENT.member)
        self.storage = Storage(self.store, self.blobs, clock, ids, projects, self.policies)
        self.accounts, self.constraints, self.services = KnownAccounts(), OrganizationRules(), EnabledServices()
        control = AccessControl.over(self.policies, self.accounts, store=self.store, projects=projects, clock=clock)
        self.access = control.authorizer
        self.guard = Guard(self.storage, self.access, self.services, PublicAccess(self.constraints))
        self.hmac_keys = HmacKeys(self.store, clock, self.accounts)
        self.api = StorageApi(self.guard, NamedCallers(), control.rules, self.hmac_keys, clock)
        self.batch = BatchApi(self.api)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url="https://storage.googleapis.com",
            headers={"authorization": f"Bearer {STUDENT.email}"},
        )
        self.restarts = itertools.count()

    async def app(self, scope, receive, send):
        request = Request(scope, receive)
        api = self.batch if self.batch.serves("storage.googleapis.com", request.url.path) else self.api
        try:
            response = await api.respond(request)
        except Exception as error:  # noqa: BLE001 - as the HTTP transport does
            response = api.refuse(request, as_api_error(error))
        await response(scope, receive, send)

    def run(self, awaitable):
        return self.loop.run_until_complete(awaitable)

    def __call__(self, method, url, **request):
        return self.run(self.client.request(method, url, **request))

    def bucket(self, name="lab-data", **resource):
        reply = self("POST", "/storage/v1/b?project=student-lab", json={"name": name, **resource})
        assert reply.status_code == 200, reply.text
        return reply.json()

    def upload(self, name, data=b"", bucket="lab-data", **request):
        """A simple upload."""
        url = f"/upload/storage/v1/b/{bucket}/o"
        return self("POST", url, params={"uploadType": "media", "name": name}, content=data, **request)

    def begin(self, name, bucket="lab-data", headers=None, params=None, **resource):
        """Start a resumable upload as google-cloud-storage does; returns the session's URI."""
        reply = self(
            "POST",
            f"/upload/storage/v1/b/{bucket}/o",
            params={"uploadType": "resumable", **(params or {})},
            headers=headers or {},
            json={"name": name, **resource},
        )
        assert reply.status_code == 200, reply.text
        return reply.headers["location"]

    def download(self, name, bucket="lab-data", headers=None):
        quoted = name.replace("/", "%2F")
        return self("GET", f"/download/storage/v1/b/{bucket}/o/{quoted}?alt=media", headers=headers or {})

    def blobs_on_disk(self):
        return set(self.blobs.ids())

    def crash(self):
        """What another server finds after `kill -9` now: the files, and nothing of this one's memory."""
        home = self.home.with_name(f"{self.home.name}-{next(self.restarts)}")
        shutil.copytree(self.home, home)
        return Gcs(home, self.clock, self.loop)

    def close(self):
        for row in self.store.connection.execute("SELECT id FROM storage_upload_sessions").fetchall():
            self("DELETE", f"/upload/storage/v1/b/any/o?upload_id={row['id']}")
        self.run(self.client.aclose())
        self.store.close()


@pytest.fixture
def clock():
    return DrivenClock()


@pytest.fixture
def gcs(tmp_path, clock, loop):
    """A Cloud Storage with the bucket `lab-data`."""
    gcs = Gcs(tmp_path / "cloud", clock, loop)
    gcs.bucket()
    yield gcs
    gcs.close()


@pytest.fixture
def crash(gcs):
    """Crashes a server and starts its successor, which is closed at the end."""
    successors = []

    def crash(server=gcs):
        successors.append(server.crash())
        return successors[-1]

    yield crash
    for successor in successors:
        successor.close()
