"""The Vertex AI SDK as its documentation shows it, on jobs and servers that take little time."""

import json

import pytest
from google.cloud import aiplatform

pytestmark = pytest.mark.usefixtures("local_cloud")

SCRIPT = """
import argparse, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--model-dir", default=os.environ["AIP_MODEL_DIR"].replace("gs://", "/gcs/"))
folder = pathlib.Path(parser.parse_args().model_dir)
folder.mkdir(parents=True, exist_ok=True)
(folder / "server.py").write_text('''{server}''')
print("saved to", folder)
"""

# Serves what the job saved: fetched from AIP_STORAGE_URI, as a container does.
COMMAND = [
    "python3",
    "-c",
    "import os; from google.cloud import storage;"
    "b, _, f = os.environ['AIP_STORAGE_URI'].removeprefix('gs://').partition('/');"
    "exec(storage.Client().bucket(b).blob(f + '/server.py').download_as_text())",
]

SERVER = """
import http.server, json, os
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, content):
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())
    def do_GET(self): self.answer({})
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.answer({"predictions": [sum(each) for each in request["instances"]]})
http.server.HTTPServer(("127.0.0.1", int(os.environ["AIP_HTTP_PORT"])), Handler).serve_forever()
"""


@pytest.fixture(params=["grpc", "rest"], autouse=True)
def sdk(request, cloud, bucket):
    aiplatform.init(
        project=cloud.project,
        location=cloud.region,
        staging_bucket=f"gs://{bucket.name}",
        api_transport=request.param,
    )
    yield
    aiplatform.init(api_transport="grpc")


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "train.py"
    path.write_text(SCRIPT.format(server=SERVER))
    return str(path)


def test_a_pipeline_trains_registers_deploys_and_answers(cloud, bucket, script):
    image = f"{cloud.region}-docker.pkg.dev/{cloud.project}/labkit/torch-train:1"
    training = aiplatform.CustomTrainingJob(
        display_name="sums",
        script_path=script,
        container_uri=image,
        model_serving_container_image_uri="python:3.11",
        model_serving_container_command=COMMAND,
    )

    model = training.run(base_output_dir=f"gs://{bucket.name}/pipeline", machine_type="n1-standard-4", replica_count=1)
    endpoint = model.deploy(machine_type="n1-standard-4")
    raw = endpoint.raw_predict(body=json.dumps({"instances": [[1, 2]]}), headers={"Content-Type": "application/json"})

    assert model.uri == f"gs://{bucket.name}/pipeline/model"
    assert endpoint.predict(instances=[[1, 2], [3]]).predictions == [3, 3]
    assert raw.json() == {"predictions": [3]}
    assert raw.headers["X-Vertex-AI-Deployed-Model-Id"] == endpoint.list_models()[0].id

    endpoint.delete(force=True)
    model.delete()
    assert endpoint.resource_name not in {found.resource_name for found in aiplatform.Endpoint.list()}


def test_a_job_that_fails_raises_with_googles_message(bucket, tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text("import no_such_module")
    job = aiplatform.CustomJob.from_local_script(
        display_name="bad",
        script_path=str(bad),
        container_uri="us-docker.pkg.dev/vertex-ai/training/pytorch-xla.2-4.py310:latest",
        machine_type="n1-standard-4",
    )

    with pytest.raises(RuntimeError, match="exited with a non-zero status of 1") as failed:
        job.run()

    assert "ModuleNotFoundError: No module named" in str(failed.value)
    assert job.state.name == "JOB_STATE_FAILED"
