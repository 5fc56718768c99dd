import json

import pytest

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.wire import payload, transcode

VERTEX = "us-central1-aiplatform.googleapis.com"
COMPUTE = "compute.googleapis.com"
LOGGING = "logging.googleapis.com"
PARENT = "/v1/projects/p/locations/l"


@pytest.fixture(scope="module")
def registry():
    return Registry()


@pytest.fixture
def decode(registry):
    def decode(verb, path, body=b"", host=VERTEX, content_type="application/json", **query):
        call = registry.route(verb, host, path)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        parameters = {name: [value] if isinstance(value, str) else value for name, value in query.items()}
        return transcode.decode(call.method, call.binding, call.variables, parameters, data, content_type)

    return decode


@pytest.fixture
def encode(registry):
    def encode(path, message, **options):
        data, content_type = transcode.encode(registry.method(path, VERTEX), message, enums_as_ints=False, **options)
        return data, content_type

    return encode


def refused(call, *arguments, **options):
    with pytest.raises(ApiError) as caught:
        call(*arguments, **options)
    assert caught.value.code is Code.INVALID_ARGUMENT
    return caught.value


def test_path_and_body_field_become_one_request(decode):
    request = decode(
        "POST",
        f"{PARENT}/customJobs",
        {"displayName": "train", "jobSpec": {"workerPoolSpecs": [{"replicaCount": "2"}]}, "labels": {"team": "a"}},
    )

    assert request.parent == "projects/p/locations/l"
    assert request.custom_job.display_name == "train"
    assert request.custom_job.job_spec.worker_pool_specs[0].replica_count == 2
    assert request.custom_job.labels["team"] == "a"


def test_proto_field_names_are_taken_as_well_as_json_names(decode):
    assert decode("POST", f"{PARENT}/customJobs", {"display_name": "train"}).custom_job.display_name == "train"


def test_a_dotted_path_variable_fills_a_nested_message_and_wins_over_the_body(decode):
    request = decode("PATCH", f"{PARENT}/endpoints/7", {"name": "other", "displayName": "e"}, updateMask="displayName")

    assert request.endpoint.name == "projects/p/locations/l/endpoints/7"
    assert request.endpoint.display_name == "e"


def test_a_whole_body_fills_the_request(decode):
    request = decode(
        "POST", f"{PARENT}/endpoints/7:predict", {"instances": [[1, None, {"x": [True, "a"]}]], "parameters": {}}
    )

    values = request.instances[0].list_value.values
    assert values[0].number_value == 1
    assert values[1].WhichOneof("kind") == "null_value"
    assert values[2].struct_value.fields["x"].list_value.values[0].bool_value is True
    assert request.parameters.HasField("struct_value")


def test_no_body_leaves_the_field_unset(decode):
    assert not decode("POST", f"{PARENT}/customJobs").HasField("custom_job")


def test_a_body_that_no_binding_asks_for_is_not_read(decode):
    assert decode("GET", f"{PARENT}/customJobs", b"not json").parent == "projects/p/locations/l"


@pytest.mark.parametrize("name", ["pageSize", "page_size"])
def test_a_query_parameter_is_read_in_either_spelling(decode, name):
    assert decode("GET", f"{PARENT}/customJobs", **{name: "5"}).page_size == 5


@pytest.mark.parametrize("mask", ["display_name,job_spec.base", "displayName,jobSpec.base"])
def test_a_field_mask_in_a_query_is_read_in_either_spelling(decode, mask):
    assert list(decode("GET", f"{PARENT}/customJobs", readMask=mask).read_mask.paths) == [
        "display_name",
        "job_spec.base",
    ]


def test_a_dotted_query_parameter_fills_a_nested_message(decode):
    request = decode(
        "GET",
        "/v1/projects/p/secrets/s:getIamPolicy",
        host="secretmanager.googleapis.com",
        **{"options.requestedPolicyVersion": "3"},
    )

    assert request.options.requested_policy_version == 3


def test_a_repeated_query_parameter_fills_a_list(decode):
    request = decode(
        "GET", "/v1/organizations/1:searchAllResources", host="cloudasset.googleapis.com", assetTypes=["a", "b"]
    )

    assert list(request.asset_types) == ["a", "b"]


def test_booleans_enums_and_times_are_read_from_a_query(decode):
    assert decode(
        "GET", "/compute/v1/projects/p/aggregated/disks", host=COMPUTE, includeAllScopes="true"
    ).include_all_scopes
    assert decode("GET", f"{PARENT}/models/7", etag="x", view="1").name.endswith("models/7")
    request = decode(
        "GET",
        "/v1/projects/p:batchGetAssetsHistory",
        host="cloudasset.googleapis.com",
        contentType="RESOURCE",
        **{"readTimeWindow.startTime": "2026-01-02T03:04:05Z"},
    )
    assert request.content_type == 1
    assert request.read_time_window.start_time.ToJsonString() == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    "name",
    [
        "returnPartialSuccess",
        "$alt",
        "alt",
        "key",
        "fields",
        "prettyPrint",
        "quotaUser",
        "$.xgafv",
        "parent.x",
        "a..b",
        "",
    ],
)
def test_unknown_and_system_parameters_are_ignored(decode, name):
    assert decode("GET", f"{PARENT}/customJobs", **{name: "x"}) == decode("GET", f"{PARENT}/customJobs")


def test_compute_sends_64_bit_numbers_as_strings(decode, registry):
    body = {"name": "d", "sizeGb": "9007199254740993"}
    request = decode("POST", "/compute/v1/projects/p/zones/z/disks", body, host=COMPUTE)
    method = registry.route("GET", COMPUTE, "/compute/v1/projects/p/zones/z/disks/d").method

    assert request.disk_resource.size_gb == 9007199254740993
    assert json.loads(transcode.encode(method, request.disk_resource, enums_as_ints=False)[0]) == body


def test_an_any_holds_a_message_of_an_api_that_was_not_loaded_yet():
    registry = Registry()
    call = registry.route("POST", LOGGING, "/v2/entries:write")
    service = {"@type": "type.googleapis.com/google.cloud.run.v2.Service", "name": "s"}
    body = json.dumps({"entries": [{"protoPayload": service}]}).encode()

    request = transcode.decode(call.method, call.binding, call.variables, {}, body, "application/json")

    assert (
        json.loads(transcode.encode(call.method, request, enums_as_ints=False)[0])["entries"][0]["protoPayload"]
        == service
    )


def test_raw_bytes_and_their_type_reach_the_request_untouched(decode):
    request = decode("POST", f"{PARENT}/endpoints/7:rawPredict", b"\x00\xff", content_type="image/png")

    assert request.endpoint == "projects/p/locations/l/endpoints/7"
    assert (request.http_body.data, request.http_body.content_type) == (b"\x00\xff", "image/png")


def test_a_raw_response_is_sent_as_it_is(registry, encode):
    raw = registry.message("google.api.HttpBody")(data=b"\x00\xff", content_type="image/png")

    assert encode("/google.cloud.aiplatform.v1.PredictionService/RawPredict", raw) == (b"\x00\xff", "image/png")


def test_an_empty_response_is_an_empty_object(registry, encode):
    empty = registry.message("google.protobuf.Empty")()

    assert encode("/google.longrunning.Operations/CancelOperation", empty) == (b"{}", "application/json; charset=UTF-8")


def test_enums_are_names_unless_numbers_are_asked_for(registry):
    vertex = registry.package("google.cloud.aiplatform.v1")
    method = registry.method("/google.cloud.aiplatform.v1.JobService/GetCustomJob", VERTEX)
    job = vertex.CustomJob(display_name="é", state=vertex.JobState.JOB_STATE_RUNNING)

    assert (
        transcode.encode(method, job, enums_as_ints=False)[0].decode()
        == '{"displayName": "é", "state": "JOB_STATE_RUNNING"}'
    )
    assert json.loads(transcode.encode(method, job, enums_as_ints=True)[0])["state"] == 3


def test_an_unknown_name_is_refused_where_it_stands(decode):
    error = refused(decode, "POST", f"{PARENT}/customJobs", {"jobSpec": {"foo": 1}})

    text = "Invalid JSON payload received. Unknown name \"foo\" at 'custom_job.job_spec': Cannot find field."
    assert error.message == text
    assert error.details == (
        {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": "custom_job.job_spec", "description": text}],
        },
    )


def test_every_mistake_is_named_at_once(decode):
    error = refused(decode, "POST", f"{PARENT}/customJobs", {"a": 1, "jobSpec": {"workerPoolSpecs": [{}, {"b": 1}]}})

    assert error.message.splitlines() == [
        "Invalid JSON payload received. Unknown name \"a\" at 'custom_job': Cannot find field.",
        "Invalid JSON payload received. Unknown name \"b\" at 'custom_job.job_spec.worker_pool_specs[1]': "
        "Cannot find field.",
    ]


def test_a_flood_of_mistakes_is_not_answered_in_full(decode):
    error = refused(decode, "POST", f"{PARENT}/customJobs", {f"x{number}": 1 for number in range(1000)})

    assert len(error.message.splitlines()) == 20


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"displayName": 3}, "Invalid value at 'custom_job.display_name' (TYPE_STRING), 3"),
        (
            {"jobSpec": "x"},
            "Invalid value at 'custom_job.job_spec' "
            '(type.googleapis.com/google.cloud.aiplatform.v1.CustomJobSpec), "x"',
        ),
        (
            {"state": "GOING"},
            "Invalid value at 'custom_job.state' (type.googleapis.com/google.cloud.aiplatform.v1.JobState), \"GOING\"",
        ),
        (
            {"createTime": "noon"},
            "Invalid value at 'custom_job.create_time' (type.googleapis.com/google.protobuf.Timestamp), \"noon\"",
        ),
        ({"labels": {"a": "b", "c": 1}}, "Invalid value at 'custom_job.labels[1].value' (TYPE_STRING), 1"),
        (
            {"jobSpec": {"workerPoolSpecs": [{"replicaCount": "two"}]}},
            "Invalid value at 'custom_job.job_spec.worker_pool_specs[0].replica_count' (TYPE_INT64), \"two\"",
        ),
        (
            {"jobSpec": {"workerPoolSpecs": [{"containerSpec": {}, "pythonPackageSpec": {}}]}},
            "Invalid value at 'custom_job.job_spec.worker_pool_specs[0]' (oneof), oneof field 'task' is already set. "
            "Cannot set 'pythonPackageSpec'",
        ),
        (
            {"jobSpec": [{}]},
            "Invalid JSON payload received. Unknown name \"jobSpec\" at 'custom_job': "
            "Proto field is not repeating, cannot start list.",
        ),
    ],
)
def test_an_ill_typed_value_is_refused_with_its_place_type_and_value(decode, body, text):
    assert refused(decode, "POST", f"{PARENT}/customJobs", body).message == text


def test_an_ill_typed_query_parameter_is_refused(decode):
    error = refused(decode, "GET", f"{PARENT}/customJobs", pageSize="five")

    assert error.message == "Invalid value at 'page_size' (TYPE_INT32), \"five\""


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"displayName":\n  train}', "Invalid JSON payload received. Expecting value.\n  train}\n  ^"),
        (b"{\n", "Invalid JSON payload received. Expecting property name enclosed in double quotes.\n\n^"),
        (b" ", "Invalid JSON payload received. Expecting value.\n \n ^"),
        (b'{"displayName": NaN}', "Invalid JSON payload received. NaN is not JSON."),
        (b"[1]", 'Invalid JSON payload received. Unknown name "": Root element must be a message.'),
        (b"\xff\xfe", "Invalid JSON payload received. The body is not UTF-8: invalid start byte at byte 0."),
        (b'{"displayName": "\\ud800"}', "Invalid JSON payload received. It holds an unpaired surrogate, '\\ud800'."),
        (b"[" * 100_000, "Invalid JSON payload received. It is nested too deeply."),
    ],
)
def test_a_body_that_is_no_json_object_is_refused_with_the_place(decode, body, text):
    assert refused(decode, "POST", f"{PARENT}/customJobs", body).message == text


def test_a_long_line_is_cut_around_the_place(decode):
    body = b'{"displayName": "' + b"a" * 500 + b'" oops ' + b"b" * 500

    _, excerpt, caret = refused(decode, "POST", f"{PARENT}/customJobs", body).message.split("\n")

    assert len(excerpt) == 80
    assert excerpt[caret.index("^") :].startswith("oops")


def test_values_nested_beyond_what_protobuf_allows_are_refused(decode):
    nested = b"[" * 200 + b"]" * 200

    refused(decode, "POST", f"{PARENT}/endpoints/7:predict", b'{"instances": [' + nested + b"]}")


def nested_schema(depth):
    schema = b'{"items": ' * depth + b"{}" + b"}" * depth
    return b'{"tools": [{"functionDeclarations": [{"parameters": ' + schema + b"}]}]}"


def test_messages_may_be_nested_as_deeply_as_protobuf_allows(decode):
    assert decode("POST", f"{PARENT}/endpoints/7:generateContent", nested_schema(60)).tools


def test_messages_nested_more_deeply_are_refused(decode):
    refused(decode, "POST", f"{PARENT}/endpoints/7:generateContent", nested_schema(120))
    error = refused(decode, "POST", f"{PARENT}/endpoints/7:generateContent", nested_schema(900))

    assert error.message == "Invalid JSON payload received. It is nested too deeply."


def test_a_map_key_of_the_wrong_type_is_refused(registry):
    errors = registry.message("google.logging.v2.WriteLogEntriesPartialErrors")()

    assert "logEntryErrors" in refused(payload.merge, {"logEntryErrors": {"first": {}}}, errors).message


def test_json_sent_as_a_form_is_refused_as_google_does(decode):
    error = refused(
        decode, "POST", f"{PARENT}/customJobs", b'{"displayName":"a"}', content_type="application/x-www-form-urlencoded"
    )

    assert 'Unknown name "{"displayName":"a"}": Cannot bind query parameter.' in error.message
