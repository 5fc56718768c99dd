"""A cloud whose network edge is a dictionary: Google's own message types, and no server."""

from datetime import datetime, timezone
from types import SimpleNamespace

import pytest
from google.api_core.exceptions import NotFound
from google.cloud.aiplatform_v1.types import CustomJob, Endpoint, Model

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
PARENT = "projects/p/locations/us-central1"


class FakeBlob(SimpleNamespace):
    def download_as_bytes(self):
        return self.content


class FakeBucket:
    def __init__(self, name):
        self.name = name
        self.location = "US-CENTRAL1"
        self.iam_configuration = SimpleNamespace(uniform_bucket_level_access_enabled=True)
        self.blobs = {}

    def put(self, name, text="", updated=NOW):
        self.blobs[name] = FakeBlob(name=name, content=text.encode("latin-1"), updated=updated)

    def get_blob(self, name):
        return self.blobs.get(name)


class FakeCloud:
    """Holds resources by name; its "clients" are this object, with the few methods that the checks call."""

    name, project, region = "local", "p", "us-central1"

    def __init__(self):
        self.buckets, self.resources, self.answer, self.log = {}, {}, None, []

    def ensure(self):
        return None

    def storage(self):
        return SimpleNamespace(lookup_bucket=self.buckets.get, bucket=self.buckets.__getitem__)

    def jobs(self):
        return SimpleNamespace(get_custom_job=self._get, list_custom_jobs=self._list(CustomJob))

    def models(self):
        return SimpleNamespace(get_model=self._get, list_models=self._list(Model))

    def endpoints(self):
        return SimpleNamespace(get_endpoint=self._get, list_endpoints=self._list(Endpoint))

    def predictions(self):
        return SimpleNamespace(predict=self._predict)

    def logs(self, job_id):
        return self.log

    def add(self, resource):
        self.resources[resource.name] = resource
        return resource.name

    def _get(self, name):
        if name not in self.resources:
            raise NotFound(f"{name} is not found.")
        return self.resources[name]

    def _list(self, kind):
        return lambda parent: [found for found in self.resources.values() if isinstance(found, kind)]

    def _predict(self, endpoint, instances):
        self._get(endpoint)
        images = [[value.number_value for value in instance.list_value.values] for instance in instances]
        return SimpleNamespace(predictions=[{"label": self.answer(image)} for image in images])


@pytest.fixture
def cloud():
    """A cloud with the lab's bucket in it."""
    made = FakeCloud()
    made.buckets["p-digits"] = FakeBucket("p-digits")
    return made


@pytest.fixture
def judge(cloud):
    """Judges an exercise of lab 06 by answers given as plain data, as a grader has them."""
    from labkit.checking.answers import Answers
    from labkit.labs.training import LAB

    def check(exercise, **names):
        return LAB.exercise(exercise).judge(LAB.id, Answers({"bucket": "p-digits", **names}), cloud)

    return check
