"""What the checks of lab 06 ask about endpoints: who serves, what they answer, and whether anything is left running."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from labkit.checking.verdict import Failed, Passed, Verdict

if TYPE_CHECKING:
    from google.cloud.aiplatform_v1 import PredictionServiceClient
    from google.cloud.aiplatform_v1.types import Endpoint
    from google.protobuf.struct_pb2 import Value

    from labkit.cloud import Cloud

_ALL_TRAFFIC = 100
# One request to a shared endpoint may have 1.5 MB (custom-container-requirements.md); 360 images are 0.2 MB.
_BATCH = 360


class NoAnswer(Exception):  # noqa: N818 - its text is the finding of a check, not an error of ours.
    """The endpoint did not answer with labels; the text says what it did instead."""


def serves(endpoint: Endpoint, *, model: str) -> Verdict:
    """Whether `endpoint` sends all of its traffic to `model`, a resource name."""
    deployed = [candidate for candidate in endpoint.deployed_models if candidate.model == model]
    if not endpoint.deployed_models:
        return Failed(
            f"The endpoint {endpoint.display_name!r} exists, but no model is deployed on it.",
            "your model on a machine behind the endpoint",
            "model.deploy(endpoint=endpoint, machine_type=…), or model.deploy(…) alone, which makes the endpoint too.",
        )
    if not deployed:
        return Failed(
            f"The endpoint serves {endpoint.deployed_models[0].model}.",
            f"your model, {model}",
            "Undeploy the other one, then deploy yours.",
        )
    share = sum(endpoint.traffic_split.get(candidate.id, 0) for candidate in deployed)
    if share != _ALL_TRAFFIC:
        return Failed(
            f"Your model is deployed, and bills, but gets {share} % of the traffic.",
            f"{_ALL_TRAFFIC} %",
            f'endpoint.update(traffic_split={{"{deployed[0].id}": {_ALL_TRAFFIC}}})',
            earned=1,
        )
    return Passed(f"Endpoint {endpoint.display_name!r} sends all traffic to your model.")


def predicted_labels(
    client: PredictionServiceClient, endpoint: str, images: Sequence[Sequence[float]]
) -> tuple[int, ...]:
    """The digit that the endpoint sees in each image; NoAnswer if it refuses them, or answers with something else."""
    from google.api_core.exceptions import BadRequest

    labels: list[int] = []
    for start in range(0, len(images), _BATCH):
        instances = [_instance(image) for image in images[start : start + _BATCH]]
        try:
            reply = client.predict(endpoint=endpoint, instances=instances)
        except BadRequest as error:  # Nothing is deployed, or the model takes other instances.
            raise NoAnswer(f"The endpoint refused: {error.message}") from error
        labels += map(_label, reply.predictions)
    return tuple(labels)


def _label(prediction: Any) -> int:
    try:
        return int(prediction["label"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise NoAnswer(f"The endpoint answered {str(prediction)[:60]!r}, which has no label.") from error


def _instance(image: Sequence[float]) -> Value:
    from google.protobuf.struct_pb2 import ListValue, Value

    return Value(list_value=ListValue(values=[Value(number_value=pixel) for pixel in image]))


def nothing_left(cloud: Cloud, serving_image: str) -> Verdict:
    """Whether the lab's region has no endpoint, no job at work, and no model that `serving_image` serves."""
    parent = f"projects/{cloud.project}/locations/{cloud.region}"
    endpoints = list(cloud.endpoints().list_endpoints(parent=parent))
    billing = [endpoint for endpoint in endpoints if endpoint.deployed_models]
    if billing:
        return Failed(
            f"{_named(billing)}: a model is still deployed, and its machine bills every hour, asked or not.",
            "no endpoint",
            "endpoint.undeploy_all(), then endpoint.delete().",
        )
    if working := _jobs_at_work(cloud, parent):
        return Failed(
            f"{_named(working)}: the job is still at work, and bills.", "no running job", "job.cancel(), or let it end."
        )
    if endpoints:
        return Failed(
            f"{_named(endpoints)}: the endpoint is empty, but it is still there.", "no endpoint", "endpoint.delete()"
        )
    models = [
        model
        for model in cloud.models().list_models(parent=parent)
        if model.container_spec.image_uri.endswith(serving_image)
    ]
    if models:
        return Failed(
            f"{_named(models)}: the model is still in the registry.", "no model of this lab", "model.delete()", earned=1
        )
    return Passed("No endpoint, no running job, no model of this lab: nothing bills but a few kilobytes in the bucket.")


def _jobs_at_work(cloud: Cloud, parent: str) -> list[Any]:
    from google.cloud.aiplatform_v1.types import JobState

    at_work = (JobState.JOB_STATE_QUEUED, JobState.JOB_STATE_PENDING, JobState.JOB_STATE_RUNNING)
    return [job for job in cloud.jobs().list_custom_jobs(parent=parent) if job.state in at_work]


def _named(resources: Iterable[Any]) -> str:
    return ", ".join(f"{resource.display_name!r}" for resource in resources)
