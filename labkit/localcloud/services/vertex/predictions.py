"""Vertex AI's online predictions: a request goes to the server of a deployed model, chosen by the traffic split.

Sources: google/cloud/aiplatform/v1/prediction_service.proto;
https://cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements
"""

from __future__ import annotations

import json
import random
from typing import Any

from google.protobuf import json_format

from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.requirement import requires
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.vertex.deployments import Deployments, Reply
from labkit.localcloud.services.vertex.parts import Parts

_LARGEST_REQUEST = 1_500_000

_CODES = {
    400: Code.INVALID_ARGUMENT,
    401: Code.UNAUTHENTICATED,
    403: Code.PERMISSION_DENIED,
    404: Code.NOT_FOUND,
    429: Code.RESOURCE_EXHAUSTED,
    503: Code.UNAVAILABLE,
    504: Code.DEADLINE_EXCEEDED,
}


class PredictionService:
    """google.cloud.aiplatform.v1.PredictionService."""

    service = "google.cloud.aiplatform.v1.PredictionService"

    def __init__(self, parts: Parts, deployments: Deployments) -> None:
        self._parts = parts
        self._types = parts.types
        self._deployments = deployments
        self._random = random.Random()  # noqa: S311 - which replica answers is no secret.

    @requires("aiplatform.endpoints.predict", on="endpoint")
    async def Predict(self, request: Any, context: Context) -> Any:
        """JSON in and out: {"instances": […], "parameters": …} → {"predictions": […]}."""
        endpoint, deployed = self._target(request.endpoint, context)
        body: dict[str, Any] = {"instances": [json_format.MessageToDict(value) for value in request.instances]}
        if request.HasField("parameters"):
            body["parameters"] = json_format.MessageToDict(request.parameters)
        reply = await self._ask(endpoint, deployed, json.dumps(body).encode(), "application/json")
        response = self._types.PredictResponse(
            deployed_model_id=deployed.id,
            model=deployed.model,
            model_display_name=deployed.display_name,
            model_version_id=deployed.model_version_id,
        )
        predictions, metadata = _predictions(reply)
        for prediction in predictions:
            json_format.ParseDict(prediction, response.predictions.add())
        if metadata is not None:
            json_format.ParseDict(metadata, response.metadata)
        return response

    @requires("aiplatform.endpoints.predict", on="endpoint")
    async def RawPredict(self, request: Any, context: Context) -> Any:
        """Any body in and out."""
        endpoint, deployed = self._target(request.endpoint, context)
        reply = await self._ask(endpoint, deployed, request.http_body.data, request.http_body.content_type)
        context.reply_headers["x-vertex-ai-endpoint-id"] = endpoint.name.rpartition("/")[2]
        context.reply_headers["x-vertex-ai-deployed-model-id"] = deployed.id
        return self._parts.registry.message("google.api.HttpBody")(content_type=reply.content_type, data=reply.body)

    def _target(self, name: str, context: Context) -> tuple[Any, Any]:
        endpoint = self._parts.resources.get(self._types.Endpoint, self._parts.names.canonical(name, context))
        shares = {key: share for key, share in endpoint.traffic_split.items() if share}
        if not shares:
            raise ApiError.precondition(
                f"Endpoint {endpoint.name} has no deployed model with traffic. Deploy one, with a traffic_split of 100."
            )
        chosen = self._random.choices(list(shares), list(shares.values()))[0]
        return endpoint, next(model for model in endpoint.deployed_models if model.id == chosen)

    async def _ask(self, endpoint: Any, deployed: Any, body: bytes, content_type: str) -> Reply:
        if len(body) > _LARGEST_REQUEST:
            raise ApiError.invalid(
                f"The request has {len(body)} bytes; an endpoint takes {_LARGEST_REQUEST}. Send fewer instances."
            )
        reply = await self._deployments.ask(endpoint.name, deployed.id, body, content_type or "application/json")
        if reply.status >= 400:
            code = _CODES.get(reply.status, Code.INTERNAL if reply.status >= 500 else Code.INVALID_ARGUMENT)
            raise ApiError(code, reply.body.decode(errors="replace") or f"The model's server answered {reply.status}.")
        return reply


def _predictions(reply: Reply) -> tuple[list[Any], Any]:
    """The predictions and the metadata of a container's reply. Raises INTERNAL for one that breaks the contract."""
    try:
        content = json.loads(reply.body)
        predictions = content["predictions"]
        if not isinstance(predictions, list):
            raise TypeError(type(predictions).__name__)
    except (ValueError, KeyError, TypeError) as error:
        raise ApiError(
            Code.INTERNAL,
            'The model\'s server must answer {"predictions": [...]} in JSON; '
            f"it answered {reply.body[:200].decode(errors='replace')!r}.",
        ) from error
    return predictions, content.get("metadata")
