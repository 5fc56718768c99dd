import pytest

from labkit.localcloud.services.storage.method_names import method_name
from labkit.localcloud.wire.faulty_http import MethodName

HOST = "storage.googleapis.com"


@pytest.mark.parametrize(
    ("verb", "path", "method", "resource"),
    [
        ("GET", "/storage/v1/b", "storage.buckets.list", ""),
        ("GET", "/storage/v1/b/lab-data", "storage.buckets.get", "b/lab-data"),
        ("GET", "/storage/v1/b/lab-data/o/train%2Fx.csv", "storage.objects.get", "b/lab-data/o/train/x.csv"),
        ("GET", "/download/storage/v1/b/lab-data/o/x", "storage.objects.get", "b/lab-data/o/x"),
        ("PUT", "/upload/storage/v1/b/lab-data/o", "storage.objects.insert", "b/lab-data"),
        ("POST", "/storage/v1/b/a/o/x/rewriteTo/b/c/o/y", "storage.objects.rewrite", "b/a/o/x"),
        ("PATCH", "/storage/v1/b/lab-data/o/x/acl/allUsers", "storage.object_acl.patch", "b/lab-data/o/x"),
        ("GET", "/storage/v1/projects/p/serviceAccount", "storage.serviceaccount.get", ""),
    ],
)
def test_a_request_is_called_as_google_calls_its_method(verb, path, method, resource):
    assert method_name(verb, HOST, path) == MethodName(HOST, method, resource)


@pytest.mark.parametrize(("host", "path"), [(HOST, "/storage/v1/z"), ("example.com", "/storage/v1/b")])
def test_what_is_no_method_has_no_name(host, path):
    assert method_name("GET", host, path) is None
