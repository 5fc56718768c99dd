"""Serves a classifier under Vertex AI's contract for custom containers: numbers in, a label and scores out.

The model is `model.pt2` in AIP_STORAGE_URI, made by `torch.export.save`; TorchScript is deprecated. Export it with a
dynamic batch, so that one request can carry many instances:

    batch = torch.export.Dim("batch")
    program = torch.export.export(model, (torch.zeros(2, 64),), dynamic_shapes=({0: batch},))
    torch.export.save(program, "model.pt2")

A request is `{"instances": [[0.1, ...], ...]}`, each instance of the shape the model was exported with. The reply is
`{"predictions": [{"label": 7, "scores": [...]}, ...]}`: `scores` is what the model returns, `label` the place of the
highest. A request that cannot be answered gets 400 and `{"error": "..."}`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import torch
import uvicorn
from google.cloud import storage
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

MODEL = "model.pt2"


class ModelMissingError(Exception):
    """There is no model to serve; the text says where it was sought."""


class BadRequestError(Exception):
    """The request cannot be answered; the text says which value is wrong."""


@dataclass(frozen=True)
class Settings:
    """What Vertex AI tells the container."""

    host: str
    port: int
    health_route: str
    predict_route: str
    storage_uri: str
    project: str

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Read the contract's variables; the defaults are for a run by hand."""
        return cls(
            host=environ.get("UVICORN_HOST", "0.0.0.0"),  # noqa: S104 - the contract: a container is reached from outside
            port=int(environ.get("AIP_HTTP_PORT", "8080")),
            health_route=environ.get("AIP_HEALTH_ROUTE", "/health"),
            predict_route=environ.get("AIP_PREDICT_ROUTE", "/predict"),
            storage_uri=environ.get("AIP_STORAGE_URI", ""),
            project=environ.get("AIP_PROJECT_NUMBER", "unused"),  # reading objects needs none, the client asks for one
        )


class Classifier:
    """An exported program, with the shape and type of one instance."""

    def __init__(self, program: torch.export.ExportedProgram) -> None:
        (name,) = program.graph_signature.user_inputs
        example = next(node.meta["val"] for node in program.graph.nodes if node.name == name)
        self._run = program.module()
        self._shape = tuple(example.shape[1:])
        self._type = example.dtype
        self._one_by_one = isinstance(example.shape[0], int)  # exported without a dynamic batch

    def classify(self, instances: list[object]) -> list[dict[str, object]]:
        """One prediction for each instance. Raises BadRequestError."""
        rows = [self._tensor(number, instance) for number, instance in enumerate(instances)]
        batches = [row.unsqueeze(0) for row in rows] if self._one_by_one else [torch.stack(rows)]
        with torch.inference_mode():
            scores = torch.cat([self._run(batch) for batch in batches])
        return [{"label": int(row.argmax()), "scores": row.tolist()} for row in scores]

    def _tensor(self, number: int, instance: object) -> torch.Tensor:
        try:
            row = torch.tensor(instance, dtype=self._type)
        except (TypeError, ValueError, RuntimeError, OverflowError) as error:
            raise BadRequestError(f"instances[{number}] is not a list of numbers: {shortened(instance)}") from error
        if tuple(row.shape) != self._shape:
            raise BadRequestError(
                f"instances[{number}] has the shape {list(row.shape)}; the model takes {list(self._shape)}."
            )
        return row


def shortened(value: object) -> str:
    """A value as JSON, short enough for an error message."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def fetch_model(storage_uri: str, client: storage.Client, folder: Path) -> Path:
    """Download the model from the artefact folder. Raises ModelMissingError."""
    bucket, _, prefix = storage_uri.removeprefix("gs://").partition("/")
    if not bucket:
        raise ModelMissingError("AIP_STORAGE_URI is empty: upload the model with artifact_uri='gs://BUCKET/FOLDER'.")
    prefix = f"{prefix.rstrip('/')}/".lstrip("/")
    blobs = {blob.name.removeprefix(prefix): blob for blob in client.list_blobs(bucket, prefix=prefix)}
    if MODEL not in blobs:
        found = ", ".join(sorted(blobs)) or "nothing"
        raise ModelMissingError(
            f"There is no {MODEL} in {storage_uri}; found {found}. Save it with torch.export.save(program, '{MODEL}')."
        )
    path = folder / MODEL
    blobs[MODEL].download_to_filename(path)
    return path


def load_model(path: Path) -> Classifier:
    """Load what `torch.export.save` wrote. Raises ModelMissingError."""
    if not zipfile.is_zipfile(path):  # torch.export.load would log a traceback first
        raise ModelMissingError(
            f"{MODEL} is not a program saved with torch.export.save: it is damaged or another file."
        )
    try:
        return Classifier(torch.export.load(path))
    except Exception as error:  # torch names no common base for what a damaged file makes it raise
        raise ModelMissingError(f"{MODEL} is not a program saved with torch.export.save: {error}") from error


def instances_of(body: bytes) -> list[object]:
    """The instances of a request. Raises BadRequestError."""
    try:
        request = json.loads(body, parse_constant=_refuse_constant)
    except ValueError as error:
        raise BadRequestError(f"The request is not JSON: {error}") from error
    instances = request.get("instances") if isinstance(request, dict) else None
    if not isinstance(instances, list) or not instances:
        raise BadRequestError('The request must be {"instances": [[...], ...]} with at least one instance.')
    return instances


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def application(settings: Settings, classifier: Classifier) -> Starlette:
    """The two routes of the contract."""

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({})

    async def predict(request: Request) -> JSONResponse:
        try:
            instances = instances_of(await request.body())
            predictions = await asyncio.to_thread(classifier.classify, instances)
        except BadRequestError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"predictions": predictions})

    return Starlette(
        routes=[
            Route(settings.health_route, health, methods=["GET"]),
            Route(settings.predict_route, predict, methods=["POST"]),
        ]
    )


def main() -> None:
    """Load the model, then serve it until the container is stopped."""
    settings = Settings.read(os.environ)
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = fetch_model(settings.storage_uri, storage.Client(project=settings.project), Path(folder))
            classifier = load_model(path)
    except ModelMissingError as error:
        sys.exit(str(error))
    uvicorn.run(application(settings, classifier), host=settings.host, port=settings.port, log_level="warning")


if __name__ == "__main__":
    main()
