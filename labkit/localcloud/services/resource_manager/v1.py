"""Resource Manager v1 over HTTP, which gcloud speaks: each call is one of v3's, asked and answered in v1's JSON.

So who may do what is decided where v3 decides it. Source: https://cloud.google.com/resource-manager/reference/rest/v1
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.dispatch import Dispatcher
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.resource_manager import v1_json
from labkit.localcloud.wire import payload
from labkit.localcloud.wire.refusal import rest_refusal
from labkit.localcloud.wire.request import raw_path
from labkit.localcloud.wire.router import Router

_HOST = "cloudresourcemanager.googleapis.com"
_PACKAGE = "google.cloud.resourcemanager.v3"
_JSON = dict[str, Any]


@dataclass(frozen=True)
class _Call:
    """A v1 request: its path's variables, its query, its body."""

    authorization: str
    variables: Mapping[str, str]
    query: Mapping[str, str]
    body: _JSON

    @property
    def project(self) -> str:
        return f"projects/{self.variables['project']}"


_Handler = Callable[[_Call], Awaitable[_JSON]]


class ResourceManagerV1:
    """`core.hand_routed.HandRouted`. Each method answers the v1 call of its name."""

    title = f"{_HOST} (v1)"
    stored: tuple[str, ...] = ()

    def __init__(self, registry: Registry, dispatcher: Dispatcher) -> None:
        self._registry = registry
        self._dispatcher = dispatcher
        routes: tuple[tuple[str, str, _Handler], ...] = (
            ("GET", "/v1/projects", self._list),
            ("POST", "/v1/projects", self._create),
            ("GET", "/v1/projects/{project}", self._get),
            ("PUT", "/v1/projects/{project}", self._update),
            ("DELETE", "/v1/projects/{project}", self._delete),
            ("POST", "/v1/projects/{project}:undelete", self._undelete),
            ("POST", "/v1/projects/{project}:getAncestry", self._get_ancestry),
            ("POST", "/v1/projects/{project}:getIamPolicy", self._get_iam_policy),
            ("POST", "/v1/projects/{project}:setIamPolicy", self._set_iam_policy),
            ("POST", "/v1/projects/{project}:testIamPermissions", self._test_iam_permissions),
            ("GET", "/v1/operations/{operation}", self._get_operation),
            ("POST", "/v1/organizations:search", self._search_organizations),
        )
        self.calls = tuple(f"{verb} {template}" for verb, template, _ in routes)
        self._router = Router[_Handler]()
        for verb, template, handler in routes:
            self._router.add(verb, template, handler)

    def serves(self, host: str, path: str) -> bool:
        return host == _HOST and path.startswith("/v1/")

    async def respond(self, request: Request) -> Response:
        path = raw_path(request)
        route = self._router.match(request.method, path)
        if route is None:
            raise ApiError.unimplemented(f"{request.method} https://{_HOST}{path}")
        body = await request.body()
        call = _Call(
            request.headers.get("authorization", ""),
            route.variables,
            request.query_params,
            payload.parse(body) if body else {},
        )
        return JSONResponse(await route.target(call))

    def refuse(self, request: Request, error: ApiError) -> Response:
        return rest_refusal(self._registry, request, error, _HOST)

    async def _list(self, call: _Call) -> _JSON:
        asked = {"query": call.query.get("filter", ""), "pageToken": call.query.get("pageToken", "")}
        asked["pageSize"] = call.query.get("pageSize", "0")
        found = await self._projects("SearchProjects", asked, call)
        value: _JSON = {"projects": [v1_json.project(message) for message in found.projects]}
        if found.next_page_token:
            value["nextPageToken"] = found.next_page_token
        return value

    async def _create(self, call: _Call) -> _JSON:
        return self._operation(await self._projects("CreateProject", {"project": v1_json.v3_project(call.body)}, call))

    async def _get(self, call: _Call) -> _JSON:
        return v1_json.project(await self._projects("GetProject", {"name": call.project}, call))

    async def _update(self, call: _Call) -> _JSON:
        """v1 replaces a project as a whole; all of it that can be changed is its name and its labels."""
        given = v1_json.v3_project(call.body)
        asked = {
            "project": {
                "name": call.project,
                "displayName": given.get("displayName", ""),
                "labels": given.get("labels", {}),
            },
            "updateMask": "displayName,labels",
        }
        done = await self._projects("UpdateProject", asked, call)
        return v1_json.project(self._project_in(done))

    async def _delete(self, call: _Call) -> _JSON:
        await self._projects("DeleteProject", {"name": call.project}, call)
        return {}

    async def _undelete(self, call: _Call) -> _JSON:
        await self._projects("UndeleteProject", {"name": call.project}, call)
        return {}

    async def _get_ancestry(self, call: _Call) -> _JSON:
        """Nothing stands above a project here."""
        project = await self._projects("GetProject", {"name": call.project}, call)
        return {"ancestor": [{"resourceId": {"type": "project", "id": project.project_id}}]}

    async def _get_iam_policy(self, call: _Call) -> _JSON:
        return await self._policy("GetIamPolicy", call)

    async def _set_iam_policy(self, call: _Call) -> _JSON:
        return await self._policy("SetIamPolicy", call)

    async def _test_iam_permissions(self, call: _Call) -> _JSON:
        return await self._policy("TestIamPermissions", call)

    async def _policy(self, rpc: str, call: _Call) -> _JSON:
        reply = await self._projects(rpc, {**call.body, "resource": call.project}, call)
        return v1_json.message_json(reply, self._registry.pool)

    async def _get_operation(self, call: _Call) -> _JSON:
        asked = {"name": f"operations/{call.variables['operation']}"}
        return self._operation(await self._ask("google.longrunning.Operations", "GetOperation", asked, call))

    async def _search_organizations(self, call: _Call) -> _JSON:
        reply = await self._ask(f"{_PACKAGE}.Organizations", "SearchOrganizations", {}, call)
        return v1_json.message_json(reply, self._registry.pool)

    async def _projects(self, rpc: str, asked: _JSON, call: _Call) -> Any:
        return await self._ask(f"{_PACKAGE}.Projects", rpc, asked, call)

    async def _ask(self, service: str, rpc: str, asked: _JSON, call: _Call) -> Any:
        method = self._registry.method(f"/{service}/{rpc}", _HOST)
        assert method is not None
        request = method.request()
        payload.merge(asked, request)
        reply = await self._dispatcher.call(method, request, authorization=call.authorization, host=_HOST)
        return reply.message

    def _operation(self, operation: Any) -> _JSON:
        metadata = self._registry.package(_PACKAGE).CreateProjectMetadata()
        operation.metadata.Unpack(metadata)
        return v1_json.operation(operation, self._project_in(operation), metadata)

    def _project_in(self, operation: Any) -> Any:
        project = self._registry.package(_PACKAGE).Project()
        operation.response.Unpack(project)
        return project
