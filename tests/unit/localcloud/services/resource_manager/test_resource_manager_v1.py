"""v1 over HTTP; every reply is held against Google's own discovery document."""

import json
from importlib import resources

import httpx
import pytest
from starlette.requests import Request

from labkit.localcloud.core.failures import as_api_error
from labkit.localcloud.services.resource_manager.v1 import ResourceManagerV1

PROJECT = "/v1/projects/labkit-student"
OWNER = "student@example.com"


@pytest.fixture(scope="module")
def schemas():
    pytest.importorskip("googleapiclient", reason="google-api-python-client brings the discovery document")
    documents = resources.files("googleapiclient.discovery_cache") / "documents"
    return json.loads((documents / "cloudresourcemanager.v1.json").read_text())["schemas"]


def problems(value, schema, schemas, path="reply"):
    """What of a JSON value a discovery schema does not know, or knows as another type."""
    schema = schemas[schema["$ref"]] if "$ref" in schema else schema
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
    if not isinstance(value, kinds[schema["type"]]):
        yield f"{path} is no {schema['type']}"
    elif schema["type"] == "array":
        for index, item in enumerate(value):
            yield from problems(item, schema["items"], schemas, f"{path}[{index}]")
    elif schema["type"] == "object":
        for name, item in value.items():
            known = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
            if known is None:
                yield f"{path}.{name} is unknown"
            elif known.get("type") != "any":
                yield from problems(item, known, schemas, f"{path}.{name}")


@pytest.fixture
def call(setup, loop, schemas):
    api = ResourceManagerV1(setup.registry, setup.dispatcher)

    async def app(scope, receive, send):
        request = Request(scope, receive)
        assert api.serves("cloudresourcemanager.googleapis.com", request.url.path)
        try:
            response = await api.respond(request)
        except Exception as error:  # noqa: BLE001 - as the HTTP transport does
            response = api.refuse(request, as_api_error(error))
        await response(scope, receive, send)

    def call(verb, path, body=None, *, schema, caller=OWNER):
        async def send():
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(
                transport=transport, base_url="https://cloudresourcemanager.googleapis.com"
            ) as http:
                return await http.request(verb, path, json=body, headers={"authorization": caller})

        reply = loop.run_until_complete(send())
        value = reply.json()
        if reply.is_success:
            assert list(problems(value, {"$ref": schema}, schemas)) == []
        return reply.status_code, value

    return call


def test_a_project_is_described(call, setup):
    status, project = call("GET", PROJECT, schema="Project")

    assert status == 200
    assert project == {
        "projectNumber": setup.project.number,
        "projectId": "labkit-student",
        "lifecycleState": "ACTIVE",
        "name": "labkit-student",
        "createTime": "2026-09-01T00:00:00Z",
    }


def test_a_created_project_is_in_the_operation_and_in_the_list(call):
    body = {"projectId": "second-lab", "name": "Second lab", "labels": {"course": "ml"}}
    _, operation = call("POST", "/v1/projects", body, schema="Operation")
    assert operation["done"] is True
    assert (operation["response"]["projectId"], operation["metadata"]["ready"]) == ("second-lab", True)
    assert call("GET", f"/v1/{operation['name']}", schema="Operation") == (200, operation)

    _, listed = call("GET", "/v1/projects?filter=lifecycleState:ACTIVE", schema="ListProjectsResponse")
    assert [project["projectId"] for project in listed["projects"]] == ["labkit-student", "second-lab"]
    _, page = call("GET", "/v1/projects?pageSize=1", schema="ListProjectsResponse")
    _, rest = call("GET", f"/v1/projects?pageSize=1&pageToken={page['nextPageToken']}", schema="ListProjectsResponse")
    assert [project["projectId"] for project in page["projects"] + rest["projects"]] == ["labkit-student", "second-lab"]
    assert call("POST", "/v1/projects", body, schema="Operation")[0] == 409


def test_a_project_is_replaced_shut_down_and_restored(call):
    _, changed = call("PUT", PROJECT, {"name": "New name", "labels": {"a": "b"}}, schema="Project")
    assert (changed["name"], changed["labels"]) == ("New name", {"a": "b"})

    assert call("DELETE", PROJECT, schema="Empty") == (200, {})
    assert call("GET", PROJECT, schema="Project")[1]["lifecycleState"] == "DELETE_REQUESTED"
    assert call("POST", f"{PROJECT}:undelete", {}, schema="Empty") == (200, {})
    assert call("GET", PROJECT, schema="Project")[1]["lifecycleState"] == "ACTIVE"


def test_its_ancestry_is_itself(call):
    _, reply = call("POST", f"{PROJECT}:getAncestry", {}, schema="GetAncestryResponse")
    assert reply == {"ancestor": [{"resourceId": {"type": "project", "id": "labkit-student"}}]}
    assert call("POST", "/v1/organizations:search", {}, schema="SearchOrganizationsResponse") == (200, {})


def test_policies_are_read_and_written(call):
    _, policy = call("POST", f"{PROJECT}:getIamPolicy", {"options": {"requestedPolicyVersion": 3}}, schema="Policy")
    policy["bindings"].append({"role": "roles/viewer", "members": ["user:friend@example.com"]})
    _, kept = call("POST", f"{PROJECT}:setIamPolicy", {"policy": policy}, schema="Policy")
    assert {"role": "roles/viewer", "members": ["user:friend@example.com"]} in kept["bindings"]

    asked = {"permissions": ["resourcemanager.projects.get"]}
    allowed = call(
        "POST", f"{PROJECT}:testIamPermissions", asked, schema="TestIamPermissionsResponse", caller="friend@example.com"
    )
    assert allowed == (200, asked)
    assert (
        call("POST", f"{PROJECT}:setIamPolicy", {"policy": {**policy, "etag": policy["etag"]}}, schema="Policy")[0]
        == 409
    )


def test_who_may_not_is_told_as_in_v3(call):
    status, refusal = call("GET", PROJECT, schema="Project", caller="stranger@example.com")

    assert (status, refusal["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert refusal["error"]["details"][0]["metadata"]["permission"] == "resourcemanager.projects.get"


def test_a_parent_of_another_form_and_a_call_that_is_not_written_are_refused(call):
    body = {"projectId": "second-lab", "parent": {"type": "planet", "id": "1"}}
    assert call("POST", "/v1/projects", body, schema="Operation")[0] == 400
    body["parent"]["type"] = "folder"
    assert call("POST", "/v1/projects", body, schema="Operation")[0] == 403
    status, refusal = call("GET", "/v1/liens", schema="Empty")
    assert (status, refusal["error"]["status"]) == (501, "UNIMPLEMENTED")
