"""Vertex AI's endpoints: an address, and the models that answer there.

Source: google/cloud/aiplatform/v1/endpoint_service.proto and endpoint.proto.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.requirement import requires
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.vertex.deployments import Deployments
from labkit.localcloud.services.vertex.parts import Parts

# In a traffic split this stands for the model that the same call deploys.
_BEING_DEPLOYED = "0"


class EndpointService:
    """google.cloud.aiplatform.v1.EndpointService."""

    service = "google.cloud.aiplatform.v1.EndpointService"

    def __init__(self, parts: Parts, deployments: Deployments) -> None:
        self._parts = parts
        self._types = parts.types
        self._deployments = deployments

    @requires("aiplatform.endpoints.create", on="parent")
    def CreateEndpoint(self, request: Any, context: Context) -> Any:
        location = self._parts.names.location(request.parent, context)
        if not request.endpoint.display_name:
            raise ApiError.invalid(
                "endpoint.display_name is empty. Give the endpoint a name.", field="endpoint.display_name"
            )
        endpoint = self._types.Endpoint()
        endpoint.CopyFrom(request.endpoint)
        endpoint.name = f"{location.name}/endpoints/{request.endpoint_id or self._parts.ids.numeric()}"
        self._parts.stamp(endpoint)
        self._parts.resources.insert(endpoint)
        metadata = self._parts.metadata(self._types.CreateEndpointOperationMetadata)
        return self._parts.operations.done(location.name, endpoint, metadata)

    @requires("aiplatform.endpoints.get", on="name")
    def GetEndpoint(self, request: Any, context: Context) -> Any:
        return self._get(request.name, context)

    @requires("aiplatform.endpoints.list", on="parent")
    def ListEndpoints(self, request: Any, context: Context) -> Any:
        part = self._parts.listed(self._types.Endpoint, request, context)
        return self._types.ListEndpointsResponse(endpoints=part.items, next_page_token=part.next_token)

    @requires("aiplatform.endpoints.delete", on="name")
    def DeleteEndpoint(self, request: Any, context: Context) -> Any:
        """Refused while a model is deployed there."""
        endpoint = self._get(request.name, context)
        if endpoint.deployed_models:
            deployed = ", ".join(model.id for model in endpoint.deployed_models)
            raise ApiError.precondition(
                f"The Endpoint {endpoint.name!r} has deployed or being-deployed DeployedModel(s) with id(s): "
                f"{deployed}. Undeploy them first."
            )
        self._parts.resources.delete(self._types.Endpoint, endpoint.name)
        return self._parts.deleted(self._parts.names.location(endpoint.name, context).name)

    @requires("aiplatform.endpoints.deploy", on="endpoint")
    def DeployModel(self, request: Any, context: Context) -> Any:
        """The operation ends when the model's server is healthy, or with the log of one that never was."""
        endpoint = self._get(request.endpoint, context)
        location = self._parts.names.location(endpoint.name, context)
        model_name = self._parts.names.canonical(request.deployed_model.model.partition("@")[0], context)
        model = self._parts.resources.get(self._types.Model, model_name)
        self._parts.acting.require(context, request.deployed_model.service_account)
        deployed = self._deployed(request.deployed_model, model)
        split = _resolved(request.traffic_split, deployed.id)
        _require_whole(split, {deployed.id, *(other.id for other in endpoint.deployed_models)})
        metadata = self._parts.metadata(self._types.DeployModelOperationMetadata)
        work = self._deploy(endpoint.name, deployed, model, split)
        return self._parts.operations.start(location.name, metadata, work, domain=context.method.api.host)

    @requires("aiplatform.endpoints.undeploy", on="endpoint")
    def UndeployModel(self, request: Any, context: Context) -> Any:
        """Needs a new traffic split where others stay and this one had traffic."""
        endpoint = self._get(request.endpoint, context)
        remaining = [model for model in endpoint.deployed_models if model.id != request.deployed_model_id]
        if len(remaining) == len(endpoint.deployed_models):
            raise ApiError.not_found(
                f"DeployedModel {request.deployed_model_id!r} is not deployed on Endpoint {endpoint.name}."
            )
        split = dict(request.traffic_split) or {
            key: share for key, share in endpoint.traffic_split.items() if key != request.deployed_model_id and share
        }
        if remaining and endpoint.traffic_split:
            _require_whole(split, {model.id for model in remaining})
        del endpoint.deployed_models[:]
        endpoint.deployed_models.extend(remaining)
        _set_traffic(endpoint, split if remaining else {})
        self._parts.resources.update(endpoint)
        location = self._parts.names.location(endpoint.name, context)
        metadata = self._parts.metadata(self._types.UndeployModelOperationMetadata)
        work = self._undeploy(endpoint.name, request.deployed_model_id)
        return self._parts.operations.start(location.name, metadata, work, domain=context.method.api.host)

    def _get(self, name: str, context: Context) -> Any:
        return self._parts.resources.get(self._types.Endpoint, self._parts.names.canonical(name, context))

    def _deployed(self, given: Any, model: Any) -> Any:
        if not given.dedicated_resources.machine_spec.machine_type:
            field = "deployed_model.dedicated_resources.machine_spec.machine_type"
            raise ApiError.invalid(f"{field} is empty. Name a machine type, such as n1-standard-4.", field=field)
        deployed = self._types.DeployedModel()
        deployed.CopyFrom(given)
        deployed.id = given.id or self._parts.ids.numeric()
        deployed.model = model.name
        deployed.model_version_id = model.version_id
        deployed.display_name = given.display_name or model.display_name
        deployed.create_time.FromDatetime(self._parts.clock.now())
        return deployed

    async def _deploy(self, endpoint_name: str, deployed: Any, model: Any, split: Mapping[str, int]) -> Any:
        await self._deployments.start(endpoint_name, deployed, model)
        # Read again: another deployment may have ended, or the endpoint been deleted, while this server came up.
        endpoint = self._parts.resources.find(self._types.Endpoint, endpoint_name)
        if endpoint is None:
            await self._deployments.stop(endpoint_name, deployed.id)
            raise ApiError.not_found(f"Endpoint {endpoint_name} was deleted while the model was being deployed.")
        endpoint.deployed_models.append(deployed)
        if split:
            _set_traffic(endpoint, split)
        endpoint.update_time.FromDatetime(self._parts.clock.now())
        self._parts.resources.update(endpoint)
        return self._types.DeployModelResponse(deployed_model=deployed)

    async def _undeploy(self, endpoint_name: str, deployed_id: str) -> Any:
        await self._deployments.stop(endpoint_name, deployed_id)
        return self._types.UndeployModelResponse()


def _resolved(split: Mapping[str, int], deployed_id: str) -> dict[str, int]:
    return {deployed_id if key == _BEING_DEPLOYED else key: share for key, share in split.items()}


def _require_whole(split: Mapping[str, int], known: set[str]) -> None:
    """Raises INVALID_ARGUMENT unless the shares add up to 100 and each belongs to a deployed model."""
    if split and sum(split.values()) != 100:
        raise ApiError.invalid(
            f"The traffic split {dict(split)} adds up to {sum(split.values())}, not to 100.", field="traffic_split"
        )
    if unknown := set(split) - known:
        raise ApiError.invalid(
            f"The traffic split names {', '.join(sorted(unknown))}, which is not deployed there. "
            f"Deployed: {', '.join(sorted(known)) or 'nothing'}.",
            field="traffic_split",
        )


def _set_traffic(endpoint: Any, split: Mapping[str, int]) -> None:
    endpoint.traffic_split.clear()
    endpoint.traffic_split.update(split)
