"""A plugin for Google's retry suite, which knows no server that asks who is calling.

Its clients stay anonymous, since it counts on their failing at a 401; a token is put on each request on its way out.
"""

import os

import pytest
import requests
from google.api_core.exceptions import Forbidden, NotFound
from google.cloud import storage

_METADATA = "/computeMetadata/v1/instance/service-accounts/default/token"


def pytest_configure():
    address = os.environ["GCE_METADATA_HOST"]
    token = requests.get(f"http://{address}{_METADATA}", headers={"Metadata-Flavor": "Google"}).json()["access_token"]
    _put_on_every_request(token)
    _name_members_with_their_kind()
    _take_a_predefined_acl_that_buckets_have()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown():
    """The suite locks retention policies and then clears away, which Google's testbench lets it."""
    delete = storage.Blob.delete, storage.Bucket.delete
    storage.Blob.delete, storage.Bucket.delete = map(_as_if_it_were_gone, delete)
    try:
        return (yield)
    finally:
        storage.Blob.delete, storage.Bucket.delete = delete


def _as_if_it_were_gone(delete):
    def delete_unless_it_is_kept(resource, *arguments, **options):
        try:
            return delete(resource, *arguments, **options)
        except Forbidden as error:
            if "retention policy" not in str(error):
                raise
            raise NotFound(str(error)) from error  # which the suite's fixtures take for cleared away

    return delete_unless_it_is_kept


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


def _take_a_predefined_acl_that_buckets_have():
    """The suite gives a bucket "bucketOwnerFullControl", which the JSON API has for objects only."""
    save_predefined = storage.acl.BucketACL.save_predefined

    def save(acl, predefined, **options):
        is_of_bucket = type(acl) is storage.acl.BucketACL  # The ACL for new objects is a subclass of it.
        chosen = "projectPrivate" if is_of_bucket and predefined == "bucketOwnerFullControl" else predefined
        return save_predefined(acl, chosen, **options)

    storage.acl.BucketACL.save_predefined = save
