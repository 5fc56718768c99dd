import copy

import pytest

from labkit.localcloud.contract import descriptors
from labkit.localcloud.contract.apis import APIS
from labkit.localcloud.contract.registry import Registry

VERTEX = "us-central1-aiplatform.googleapis.com"


@pytest.fixture(scope="module")
def registry():
    return Registry()


@pytest.fixture
def sets_read(monkeypatch):
    """The descriptor sets unpacked so far, in order."""
    read = []
    unpack = descriptors.gzip.decompress

    class Gzip:
        @staticmethod
        def decompress(data):
            read.append(data)
            return unpack(data)

    monkeypatch.setattr(descriptors, "gzip", Gzip)
    return read


@pytest.mark.parametrize(
    ("host", "packages"),
    [
        ("aiplatform.googleapis.com", ["google.cloud.aiplatform.v1", "google.cloud.aiplatform.v1beta1"]),
        ("us-central1-aiplatform.googleapis.com", ["google.cloud.aiplatform.v1", "google.cloud.aiplatform.v1beta1"]),
        (
            "us-central1-prediction-aiplatform.googleapis.com:443",
            ["google.cloud.aiplatform.v1", "google.cloud.aiplatform.v1beta1"],
        ),
        ("aiplatform.us.rep.googleapis.com", ["google.cloud.aiplatform.v1", "google.cloud.aiplatform.v1beta1"]),
        ("us-central1-run.googleapis.com", ["google.cloud.run.v2"]),
        ("Run.mtls.googleapis.com", ["google.cloud.run.v2"]),
        ("aiplatform.storage.googleapis.com", []),
        ("storage.googleapis.com", []),
        ("run.googleapis.com.example.org", []),
        ("", []),
    ],
)
def test_a_host_names_its_apis_whatever_its_region(registry, host, packages):
    assert [api.package for api in registry.apis_for_host(host)] == packages


def test_every_api_is_served_at_the_host_its_protos_name(registry):
    # google.api.default_host, extension 1049 of ServiceOptions; read as bytes so as not to need the client's classes.
    for api in APIS:
        for method in registry.methods(api):
            if method.service.startswith(f"{api.package}."):
                options = method.descriptor.containing_service.GetOptions().SerializeToString()
                assert api.host.encode() in options, method.path


def test_no_method_of_an_api_is_reached_by_two_names(registry):
    for api in APIS:
        paths = [method.path for method in registry.methods(api)]
        assert len(paths) == len(set(paths)) > 0


def test_a_grpc_path_finds_its_method(registry):
    method = registry.method("/google.cloud.aiplatform.v1.JobService/CreateCustomJob", VERTEX)

    assert (method.service, method.name) == ("google.cloud.aiplatform.v1.JobService", "CreateCustomJob")
    assert method.path == "/google.cloud.aiplatform.v1.JobService/CreateCustomJob"
    assert method.request.DESCRIPTOR.full_name == "google.cloud.aiplatform.v1.CreateCustomJobRequest"
    assert method.response.DESCRIPTOR.full_name == "google.cloud.aiplatform.v1.CustomJob"
    assert method.operation is None
    assert (method.client_streaming, method.server_streaming) == (False, False)


def test_streaming_is_told(registry):
    method = registry.method("/google.cloud.aiplatform.v1.PredictionService/StreamingPredict", VERTEX)

    assert (method.client_streaming, method.server_streaming) == (True, True)
    assert method.bindings == ()


def test_a_shared_service_belongs_to_the_api_of_the_host_that_is_called(registry):
    path = "/google.longrunning.Operations/GetOperation"

    assert registry.method(path, VERTEX).api.package == "google.cloud.aiplatform.v1"
    assert registry.method(path, "us-central1-run.googleapis.com").api.package == "google.cloud.run.v2"


@pytest.mark.parametrize(
    ("path", "host"),
    [
        ("/google.longrunning.Operations/GetOperation", "compute.googleapis.com"),
        ("/google.cloud.run.v2.Services/GetService", VERTEX),
        ("/google.cloud.aiplatform.v1.JobService/CreateNothing", VERTEX),
        ("/google.cloud.aiplatform.v1.JobService/CreateCustomJob", "example.org"),
        ("", VERTEX),
        ("/", VERTEX),
    ],
)
def test_an_unknown_grpc_path_or_one_of_another_host_finds_nothing(registry, path, host):
    assert registry.method(path, host) is None


@pytest.mark.parametrize(
    ("verb", "host", "path", "rpc", "body", "variables"),
    [
        (
            "POST",
            VERTEX,
            "/v1/projects/p/locations/l/customJobs",
            "CreateCustomJob",
            "custom_job",
            {"parent": "projects/p/locations/l"},
        ),
        (
            "GET",
            VERTEX,
            "/ui/projects/p/locations/l/endpoints/e/operations/7",
            "GetOperation",
            "",
            {"name": "projects/p/locations/l/endpoints/e/operations/7"},
        ),
        ("POST", VERTEX, "/v1beta1:evaluateInstances", "EvaluateInstances", "*", {}),
        (
            "PATCH",
            "compute.googleapis.com",
            "/compute/v1/projects/p/zones/z/disks/d",
            "Update",
            "disk_resource",
            {"project": "p", "zone": "z", "disk": "d"},
        ),
        (
            "GET",
            "cloudbuild.googleapis.com",
            "/v1/operations/build/p/id",
            "GetOperation",
            "",
            {"name": "operations/build/p/id"},
        ),
    ],
)
def test_a_rest_request_finds_its_rpc_its_binding_and_its_variables(registry, verb, host, path, rpc, body, variables):
    call = registry.route(verb, host, path)

    assert (call.method.name, call.binding.body, call.variables) == (rpc, body, variables)
    assert call.binding in call.method.bindings


@pytest.mark.parametrize(
    ("verb", "host", "path"),
    [
        ("GET", "compute.googleapis.com", "/v1/projects/p/locations/l/customJobs"),
        ("DELETE", VERTEX, "/v1/projects/p/locations/l/customJobs"),
        ("GET", VERTEX, "/v7/projects/p/locations/l/customJobs"),
        ("GET", VERTEX, "/"),
        ("GET", VERTEX, ""),
        ("GET", "example.org", "/v1/projects/p"),
    ],
)
def test_a_rest_request_that_no_api_of_the_host_serves_finds_nothing(registry, verb, host, path):
    assert registry.route(verb, host, path) is None


def test_a_long_running_rpc_tells_what_its_operation_holds(registry):
    method = registry.method("/google.cloud.aiplatform.v1.EndpointService/DeleteEndpoint", VERTEX)

    assert method.operation.response_type == "google.protobuf.Empty"
    assert method.operation.metadata_type == "google.cloud.aiplatform.v1.DeleteOperationMetadata"


def test_every_long_running_rpc_names_messages_that_exist(registry):
    operations = [method.operation for api in APIS for method in registry.methods(api) if method.operation]

    assert len(operations) > 300
    for operation in operations:
        assert registry.message(operation.response_type)
        assert registry.message(operation.metadata_type)


def test_a_package_reads_like_a_python_module(registry):
    vertex = registry.package("google.cloud.aiplatform.v1")

    job = vertex.CustomJob(display_name="train", state=vertex.JobState.JOB_STATE_RUNNING)
    export = vertex.Model.ExportFormat(id="custom-trained")

    assert job.state == vertex.JobState.Value("JOB_STATE_RUNNING") == 3
    assert export.id == "custom-trained"
    assert vertex.CustomJob is vertex.CustomJob


def test_a_package_says_what_it_has_not_got(registry):
    with pytest.raises(AttributeError, match=r"google\.cloud\.run\.v2 has no message or enum 'Servise'"):
        _ = registry.package("google.cloud.run.v2").Servise


def test_an_unknown_message_is_a_key_error(registry):
    with pytest.raises(KeyError, match=r"google\.nowhere\.Message"):
        registry.message("google.nowhere.Message")


def test_messages_meet_no_class_of_a_google_client_in_the_same_process(registry):
    from google.rpc import status_pb2

    assert registry.message("google.rpc.Status") is not status_pb2.Status
    assert registry.message("google.rpc.Status").DESCRIPTOR.file.pool is registry.pool


def test_nothing_is_read_before_it_is_needed(sets_read):
    registry = Registry()
    vertex = registry.package("google.cloud.aiplatform.v1")
    with pytest.raises(AttributeError):
        copy.copy(vertex).__wrapped__  # noqa: B018
    registry.apis_for_host(VERTEX)
    assert sets_read == []


def test_a_message_of_one_api_loads_that_api_and_what_all_share(sets_read):
    vertex = Registry().package("google.cloud.aiplatform.v1")

    vertex.CustomJob()

    assert len(sets_read) == 2


def test_an_unknown_version_loads_nothing(sets_read):
    Registry().route("GET", VERTEX, "/v7/projects/p")

    assert sets_read == []
