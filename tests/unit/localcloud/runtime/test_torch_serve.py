"""labkit/images/torch-serve/server.py, run as its image runs it, against a bucket of a few lines."""

import asyncio
import http.server
import importlib.util
import json
import sys
import threading
import urllib.parse
from pathlib import Path

import pytest

import labkit
from labkit.localcloud.runtime.images import ImageCatalogue
from labkit.localcloud.runtime.serving import Deployment, ModelServer, ModelServerError

IMAGE = ImageCatalogue(Path(labkit.__file__).with_name("images")).find("europe-west4-docker.pkg.dev/p/r/torch-serve:1")
IDENTITY = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Scores are the instance itself; any number of instances at once."""
    import torch

    layer = torch.nn.Linear(3, 3, bias=False)
    layer.weight.data = torch.tensor(IDENTITY)
    program = torch.export.export(layer.eval(), (torch.zeros(2, 3),), dynamic_shapes=({0: torch.export.Dim("batch")},))
    path = tmp_path_factory.mktemp("model") / "model.pt2"
    torch.export.save(program, path)
    return path.read_bytes()


@pytest.fixture
def bucket():
    """A list and a download call of Cloud Storage's JSON API."""
    objects = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            url = urllib.parse.urlsplit(self.path)
            query = urllib.parse.parse_qs(url.query)
            if query.get("alt") == ["media"]:
                body = objects[urllib.parse.unquote(url.path.rpartition("/o/")[2])]
            elif "prefix" not in query:
                self.send_error(404)  # the client also asks for the bucket, and does without
                return
            else:
                prefix = query["prefix"][0]
                items = [
                    {"name": name, "bucket": "b", "generation": "1"} for name in objects if name.startswith(prefix)
                ]
                body = json.dumps({"items": items}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        objects["url"] = f"http://127.0.0.1:{server.server_address[1]}"
        yield objects
        server.shutdown()


def serve(bucket, folder, base_env, scenario):
    env = {**base_env, "STORAGE_EMULATOR_HOST": bucket.pop("url")}

    async def main():
        deployment = Deployment(IMAGE, "11", "22", "123", storage_uri="gs://b/copy/model")
        server = await ModelServer.start(deployment, folder, env, lambda *_: None)
        try:
            return await scenario(server)
        finally:
            await server.stop()

    return asyncio.run(asyncio.wait_for(main(), 60))


def test_a_classifier_is_served_and_bad_requests_are_refused_by_name(bucket, model, tmp_path, base_env):
    bucket["copy/model/model.pt2"] = model

    async def scenario(server):
        async def ask(body):
            reply = await server.predict(body.encode(), {"Content-Type": "application/json"})
            return reply.status, json.loads(reply.body)

        assert await ask('{"instances": [[1, 2, 3], [5, 4, 0]]}') == (
            200,
            {"predictions": [{"label": 2, "scores": [1, 2, 3]}, {"label": 0, "scores": [5, 4, 0]}]},
        )
        assert await ask('{"instances": [[7, 0, 1]]}') == (200, {"predictions": [{"label": 0, "scores": [7, 0, 1]}]})
        refused = {
            '{"instances": [[1, 2, 3], [1, 2]]}': "instances[1] has the shape [2]; the model takes [3].",
            '{"instances": [["a", 2, 3]]}': 'instances[0] is not a list of numbers: ["a", 2, 3]',
            '{"instances": [[[1, 2, 3]]]}': "instances[0] has the shape [1, 3]; the model takes [3].",
            '{"instances": [[1, 2, NaN]]}': "The request is not JSON: NaN is not a JSON number",
            '{"instances": []}': 'The request must be {"instances": [[...], ...]} with at least one instance.',
            "[1]": 'The request must be {"instances": [[...], ...]} with at least one instance.',
        }
        for body, message in refused.items():
            assert await ask(body) == (400, {"error": message})
        status, reply = await ask("{not json")
        assert (status, reply["error"].partition(":")[0]) == (400, "The request is not JSON")

    serve(bucket, tmp_path / "server", base_env, scenario)


def test_without_a_model_the_server_exits_with_one_clear_line(bucket, tmp_path, base_env):
    bucket["copy/model/model.pt"] = b"x"

    with pytest.raises(ModelServerError) as caught:
        serve(bucket, tmp_path / "server", base_env, None)

    assert str(caught.value) == (
        "Model server exited unexpectedly, with status 1. Its last output:\n"
        "There is no model.pt2 in gs://b/copy/model; found model.pt. "
        "Save it with torch.export.save(program, 'model.pt2')."
    )


@pytest.fixture(scope="module")
def server_module():
    specification = importlib.util.spec_from_file_location("torch_serve_server", IMAGE.source / "server.py")
    module = importlib.util.module_from_spec(specification)
    sys.modules["torch_serve_server"] = module  # dataclasses look their module up
    specification.loader.exec_module(module)
    yield module
    del sys.modules["torch_serve_server"]


def test_a_file_that_is_no_exported_program_is_refused(server_module, tmp_path):
    (tmp_path / "model.pt2").write_bytes(b"pickled")

    with pytest.raises(server_module.ModelMissingError, match="is not a program saved"):
        server_module.load_model(tmp_path / "model.pt2")


def test_a_model_without_an_artefact_folder_is_refused(server_module, tmp_path):
    with pytest.raises(server_module.ModelMissingError, match="AIP_STORAGE_URI is empty"):
        server_module.fetch_model("", None, tmp_path)


def test_a_program_exported_for_one_instance_is_asked_one_by_one(server_module):
    import torch

    program = torch.export.export(torch.nn.Softmax(dim=-1), (torch.zeros(1, 2),))

    predictions = server_module.Classifier(program).classify([[0, 0], [9, 0]])

    assert [prediction["label"] for prediction in predictions] == [0, 0]
    assert predictions[0]["scores"] == [0.5, 0.5]
