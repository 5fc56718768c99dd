"""A plugin for Google's retry suite, which knows no server that asks who is calling.

Its clients stay anonymous, since it counts on their failing at a 401; a token is put on each request on its way out.
"""

import os

import requests
from google.cloud import storage

_METADATA = "/computeMetadata/v1/instance/service-accounts/default/token"


def pytest_configure():
    address = os.environ["GCE_METADATA_HOST"]
    token = requests.get(f"http://{address}{_METADATA}", headers={"Metadata-Flavor": "Google"}).json()["access_token"]
    _put_on_every_request(token)
    _name_members_with_their_kind()


def _put_on_every_request(token):
    send = requests.adapters.HTTPAdapter.send

    def send_with_token(adapter, request, **options):
        request.headers.setdefault("authorization", f"Bearer {token}")
        return send(adapter, request, **options)

    requests.adapters.HTTPAdapter.send = send_with_token


def _name_members_with_their_kind():
    """The suite grants a role to a bare e-mail address, which Cloud Storage refuses and Google's testbench does not."""
    set_iam_policy = storage.Bucket.set_iam_policy

    def set_policy(bucket, policy, **options):
        for binding in policy.bindings:
            binding["members"] = {each if ":" in each else f"serviceAccount:{each}" for each in binding["members"]}
        return set_iam_policy(bucket, policy, **options)

    storage.Bucket.set_iam_policy = set_policy
