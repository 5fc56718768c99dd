"""A local cloud of a suite's own, and how another program reaches it."""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import requests

from labkit import cloud, settings


@dataclass(frozen=True)
class LocalCloud:
    """`environment` redirects Google's clients to it."""

    project: str
    environment: Mapping[str, str]

    def post(self, url: str, body: Mapping[str, object]) -> None:
        """A call of a REST API, as the account of this machine. Raises HTTPError."""
        metadata = f"http://{self.environment['GCE_METADATA_HOST']}/computeMetadata/v1"
        token = requests.get(
            f"{metadata}/instance/service-accounts/default/token", headers={"Metadata-Flavor": "Google"}
        ).json()["access_token"]
        requests.post(
            url,
            json=body,
            headers={"authorization": f"Bearer {token}"},
            proxies={"https": self.environment["HTTPS_PROXY"]},
            verify=self.environment["REQUESTS_CA_BUNDLE"],
        ).raise_for_status()


@contextlib.contextmanager
def running(project: str) -> Iterator[LocalCloud]:
    with tempfile.TemporaryDirectory() as home:
        daemon = cloud.daemon(settings.load({"LABKIT_HOME": home, "LABKIT_PROJECT": project}))
        record = daemon.ensure()
        try:
            yield LocalCloud(project, daemon.environment(os.environ, record))
        finally:
            daemon.stop()
