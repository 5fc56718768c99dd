"""Cloud Storage's XML API without a server; requests go to it in process, as clients send them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import timedelta
from functools import lru_cache

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.requests import Request

from labkit.localcloud.core.blobs import Blobs
from labkit.localcloud.core.constraints import AllowedValues
from labkit.localcloud.core.failures import as_api_error
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.core.store import Store
from labkit.localcloud.iam.policies import Policies
from labkit.localcloud.services.storage.access import Guard
from labkit.localcloud.services.storage.callers import Callers
from labkit.localcloud.services.storage.configuration import BucketConfiguration
from labkit.localcloud.services.storage.hmac_keys import HmacKeys
from labkit.localcloud.services.storage.public_access import PublicAccess
from labkit.localcloud.services.storage.storage import Storage
from labkit.localcloud.services.storage.xml.api import XmlApi
from tests.fakes import EnabledServices, FakeClock, GrantedAccess, KnownAccounts, OneCaller

PROJECT = "student-lab"
STUDENT = Principal("student@example.com")
BUCKET = "lab-data"


class NoConstraints:
    def enforces(self, project, constraint):
        return False

    def allowed_values(self, project, constraint):
        return AllowedValues()


class SigningAccounts(KnownAccounts):
    """Service accounts with a key each, of which the cloud knows the public half."""

    def __init__(self):
        super().__init__()
        self.keys = {}
        self.made = 0

    def with_key(self, email):
        self.made += 1
        self.add(email, str(self.made))
        self.keys[email] = _key(self.made)

    def verification_keys(self, email):
        return [self.keys[email].public_key()] if email in self.keys else []


@lru_cache
def _key(_number):
    """One is as good as another: each is made once for all tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class XmlCloud:
    """The API over a data folder, with the bucket `lab-data`."""

    def __init__(self, home, loop):
        self.loop, self.clock, self.access = loop, FakeClock(), GrantedAccess(PROJECT)
        self.store = Store(home / "cloud.db")
        ids = Ids()
        projects = Projects(self.store, self.clock, ids, default=PROJECT)
        projects.create(PROJECT)
        blobs = Blobs(home / "blobs", ids)
        self.blobs = blobs
        self.storage = Storage(self.store, blobs, self.clock, ids, projects, Policies(self.store, self.clock))
        self.accounts = SigningAccounts()
        self.hmac_keys = HmacKeys(self.store, self.clock, self.accounts)
        guard = Guard(self.storage, self.access, EnabledServices(), PublicAccess(NoConstraints()))
        callers = Callers(OneCaller(STUDENT), self.accounts, self.hmac_keys, self.clock)
        self.api = XmlApi(guard, callers)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app))
        self.new_bucket(BUCKET)

    async def app(self, scope, receive, send):
        request = Request(scope, receive)
        try:
            response = await self.api.respond(request)
        except Exception as error:  # noqa: BLE001 - as the HTTP transport does
            response = self.api.refuse(request, as_api_error(error))
        await response(scope, receive, send)

    def new_bucket(self, name, **settings):
        configuration = BucketConfiguration(soft_delete_seconds=0, **settings)
        self.storage.buckets.insert(name, self.storage.projects.default.number, configuration)

    def run(self, awaitable):
        return self.loop.run_until_complete(awaitable)

    def __call__(self, method, path, *, headers=None, host="storage.googleapis.com", **request):
        """A request with a bearer token, unless the headers say otherwise."""
        sent = {"authorization": "Bearer token", "accept-encoding": "identity", **(headers or {})}
        sent = {name: value for name, value in sent.items() if value is not None}
        self.client.headers.clear()
        return self.run(self.client.request(method, f"https://{host}{path}", headers=sent, **request))

    def anonymously(self, method, url, headers=None, **request):
        """A request by a URL alone, as a signed one is used."""
        self.client.headers.clear()
        return self.run(self.client.request(method, url, headers=headers or {}, **request))

    def put(self, name, data=b"", **headers):
        reply = self(
            "PUT", f"/{BUCKET}/{name}", headers={k.replace("_", "-"): v for k, v in headers.items()}, content=data
        )
        assert reply.status_code == 200, reply.text
        return reply

    def begin(self, name, **headers):
        """Start a multipart upload; returns its id."""
        reply = self("POST", f"/{BUCKET}/{name}?uploads", headers=headers)
        assert reply.status_code == 200, reply.text
        return self.texts(reply, "UploadId")[0]

    def put_part(self, name, upload_id, number, data):
        """Returns the part's ETag."""
        reply = self("PUT", f"/{BUCKET}/{name}?partNumber={number}&uploadId={upload_id}", content=data)
        assert reply.status_code == 200, reply.text
        return reply.headers["etag"]

    def complete(self, name, upload_id, parts):
        listed = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag></Part>" for n, etag in parts)
        document = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>"
        return self("POST", f"/{BUCKET}/{name}?uploadId={upload_id}", content=document.encode())

    def advance(self, **duration):
        self.clock.time += timedelta(**duration)

    @staticmethod
    def texts(reply, name):
        """The texts of all elements of this name, in order."""
        return [element.text or "" for element in ET.fromstring(reply.content).iter() if element.tag.endswith(name)]

    @staticmethod
    def refused(reply):
        """Status and code of a refusal, which says something in each of the three places a client looks at."""
        root = ET.fromstring(reply.content)
        assert root.tag == "Error"
        assert root.findtext("Message")
        assert root.findtext("Details")
        return reply.status_code, root.findtext("Code")

    def close(self):
        self.run(self.client.aclose())
        self.store.close()


@pytest.fixture
def xml(tmp_path, loop):
    cloud = XmlCloud(tmp_path, loop)
    yield cloud
    cloud.close()
