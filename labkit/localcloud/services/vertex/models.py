"""Vertex AI's model registry.

Source: google/cloud/aiplatform/v1/model_service.proto and model.proto.
"""

from __future__ import annotations

from typing import Any

from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.requirement import requires
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.vertex.artifacts import Artifacts
from labkit.localcloud.services.vertex.parts import Parts


class ModelService:
    """google.cloud.aiplatform.v1.ModelService: one version a model, until versions are written."""

    service = "google.cloud.aiplatform.v1.ModelService"

    def __init__(self, parts: Parts, artifacts: Artifacts) -> None:
        self._parts = parts
        self._types = parts.types
        self._artifacts = artifacts

    @requires("aiplatform.models.upload", on="parent")
    def UploadModel(self, request: Any, context: Context) -> Any:
        """The artifacts are copied to Google's own storage, so that what is deployed later is what was uploaded."""
        location = self._parts.names.location(request.parent, context)
        if request.parent_model:
            raise ApiError.unimplemented("UploadModel with parent_model (a new version of a model)")
        _require(request.model)
        model = self.new(request.model, location.name, request.model_id)
        work = self._upload(model)
        metadata = self._parts.metadata(self._types.UploadModelOperationMetadata)
        return self._parts.operations.start(location.name, metadata, work, domain=context.method.api.host)

    def new(self, given: Any, location: str, model_id: str = "") -> Any:
        """The Model that `given` becomes: named, versioned, and ready to be kept."""
        model = self._types.Model()
        model.CopyFrom(given)
        model.name = f"{location}/models/{model_id or self._parts.ids.numeric()}"
        model.version_id = "1"
        if "default" not in model.version_aliases:
            model.version_aliases.append("default")
        resources_type = self._types.Model.DeploymentResourcesType.Value("DEDICATED_RESOURCES")
        model.supported_deployment_resources_types.append(resources_type)
        self._parts.stamp(model)
        return model

    async def keep(self, model: Any) -> None:
        """Copy the model's artifacts and put it in the registry."""
        if model.artifact_uri:
            await self._artifacts.copy(model)
        self._parts.resources.insert(model)

    async def _upload(self, model: Any) -> Any:
        await self.keep(model)
        return self._types.UploadModelResponse(model=model.name, model_version_id=model.version_id)

    @requires("aiplatform.models.get", on="name")
    def GetModel(self, request: Any, context: Context) -> Any:
        return self._parts.resources.get(self._types.Model, self._name(request.name, context))

    @requires("aiplatform.models.list", on="parent")
    def ListModels(self, request: Any, context: Context) -> Any:
        part = self._parts.listed(self._types.Model, request, context)
        return self._types.ListModelsResponse(models=part.items, next_page_token=part.next_token)

    @requires("aiplatform.models.delete", on="name")
    def DeleteModel(self, request: Any, context: Context) -> Any:
        """Refused while an endpoint serves the model."""
        name = self._name(request.name, context)
        model = self._parts.resources.get(self._types.Model, name)
        location = self._parts.names.location(name, context)
        for endpoint in self._parts.resources.children(self._types.Endpoint, location.name):
            if any(self._name(deployed.model, context) == name for deployed in endpoint.deployed_models):
                raise ApiError.precondition(
                    f"The Model {name!r} is deployed or being deployed at the following Endpoint(s): {endpoint.name}. "
                    "Undeploy it there first."
                )
        self._artifacts.delete(model)
        self._parts.resources.delete(self._types.Model, name)
        return self._parts.deleted(location.name)

    def _name(self, name: str, context: Context) -> str:
        # A model may be named with a version or an alias: …/models/123@1.
        return self._parts.names.canonical(name.partition("@")[0], context)


def _require(model: Any) -> None:
    if not model.display_name:
        raise ApiError.invalid("model.display_name is empty. Give the model a name.", field="model.display_name")
    if not model.container_spec.image_uri:
        raise ApiError.invalid(
            "model.container_spec.image_uri is empty. Name the image of the container that serves the model.",
            field="model.container_spec.image_uri",
        )
