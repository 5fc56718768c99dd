"""Models and endpoints, with a model server small enough to start in a blink."""

import json

import pytest
from google.api import httpbody_pb2
from google.api_core import exceptions
from google.cloud import aiplatform_v1 as vertex
from google.protobuf import json_format, struct_pb2

pytestmark = pytest.mark.usefixtures("local_cloud")

# Answers with the sum of each instance; dies or refuses where it is asked to.
SERVER = """
import http.server, json, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.answer(200 if self.path == os.environ["AIP_HEALTH_ROUTE"] else 404, {})
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        instances = request["instances"]
        if instances == ["die"]:
            print("dying as asked", file=sys.stderr, flush=True)
            os._exit(7)
        if instances == ["odd"]:
            return self.answer(200, {"answers": []})
        if any(not isinstance(each, list) for each in instances):
            return self.answer(400, {"error": f"not a list: {instances}"})
        factor = request.get("parameters", {}).get("factor", 1)
        self.answer(200, {"predictions": [sum(each) * factor for each in instances], "metadata": {"name": NAME}})
    def log_message(self, *args):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["AIP_HTTP_PORT"])), Handler).serve_forever()
"""


def container(name="one", code=SERVER):
    return vertex.ModelContainerSpec(image_uri="python:3.11", command=["python3", "-c", f"NAME = {name!r}\n{code}"])


@pytest.fixture
def models(vertex_client):
    return vertex_client(vertex.ModelServiceClient)


@pytest.fixture
def endpoints(vertex_client):
    return vertex_client(vertex.EndpointServiceClient)


@pytest.fixture
def predictions(vertex_client):
    return vertex_client(vertex.PredictionServiceClient)


@pytest.fixture
def upload(models, parent):
    def run(**fields):
        model = vertex.Model(**{"display_name": "sums", "container_spec": container(), **fields})
        return models.upload_model(parent=parent, model=model).result().model

    return run


@pytest.fixture
def endpoint(endpoints, parent):
    made = endpoints.create_endpoint(parent=parent, endpoint=vertex.Endpoint(display_name="test")).result()
    yield made.name
    for deployed in endpoints.get_endpoint(name=made.name).deployed_models:
        endpoints.undeploy_model(endpoint=made.name, deployed_model_id=deployed.id, traffic_split={}).result()
    endpoints.delete_endpoint(name=made.name).result()


@pytest.fixture
def deploy(endpoints, endpoint):
    def run(model, split=None, machine_type="n1-standard-4"):
        deployed = vertex.DeployedModel(
            model=model,
            dedicated_resources={"machine_spec": {"machine_type": machine_type}, "min_replica_count": 1},
        )
        split = {"0": 100} if split is None else split
        operation = endpoints.deploy_model(endpoint=endpoint, deployed_model=deployed, traffic_split=split)
        return operation.result().deployed_model.id

    return run


@pytest.fixture
def predict(predictions, endpoint):
    def run(*instances, **options):
        values = [json_format.ParseDict(each, struct_pb2.Value()) for each in instances]
        return predictions.predict(endpoint=endpoint, instances=values, **options)

    return run


def test_a_deployed_model_answers(upload, deploy, predict):
    model = upload()
    deployed = deploy(model)

    reply = predict([1, 2], [3.5])

    assert list(reply.predictions) == [3, 3.5]
    assert (reply.model, reply.deployed_model_id, reply.model_display_name) == (model, deployed, "sums")
    assert dict(reply.metadata) == {"name": "one"}


def test_parameters_reach_the_server(upload, deploy, predict):
    deploy(upload())
    parameters = json_format.ParseDict({"factor": 10}, struct_pb2.Value())

    assert list(predict([1, 2], parameters=parameters).predictions) == [30]


@pytest.mark.parametrize("transport", ["grpc"])  # Over REST the SDK sends the body itself: see test_sdk.
def test_a_raw_prediction_passes_the_body_through(upload, deploy, predictions, endpoint):
    deploy(upload())
    body = httpbody_pb2.HttpBody(data=b'{"instances": [[1, 2]]}', content_type="application/json")

    reply = predictions.raw_predict(endpoint=endpoint, http_body=body)

    assert json.loads(reply.data)["predictions"] == [3]
    assert reply.content_type == "application/json"


def test_what_the_server_refuses_comes_back_in_its_own_words(upload, deploy, predict):
    deploy(upload())

    with pytest.raises(exceptions.BadRequest, match="not a list"):
        predict("three")


def test_a_server_that_breaks_the_contract_is_told_what_it_is(upload, deploy, predict):
    deploy(upload())

    with pytest.raises(exceptions.InternalServerError, match="answers"):
        predict("odd")


def test_a_server_that_dies_while_it_answers_says_so_and_is_started_again(upload, deploy, predict):
    deploy(upload())

    with pytest.raises(exceptions.ServiceUnavailable, match="dying as asked"):
        predict("die")

    assert list(predict([1]).predictions) == [1]


def test_a_server_that_does_not_start_fails_the_deployment_with_its_log(upload, deploy, endpoints, endpoint):
    model = upload(container_spec=container(code="raise SystemExit('cannot find my weights')"))

    with pytest.raises(exceptions.GoogleAPICallError, match="cannot find my weights") as refused:
        deploy(model)

    assert refused.value.code in {400, None} or refused.value.grpc_status_code.name == "FAILED_PRECONDITION"
    assert not endpoints.get_endpoint(name=endpoint).deployed_models


def test_traffic_goes_where_the_split_says(upload, deploy, predict, endpoints, endpoint):
    first = deploy(upload(container_spec=container("one")))
    second = deploy(upload(container_spec=container("two")), {first: 0, "0": 100})

    assert {predict([1]).metadata["name"] for _ in range(5)} == {"two"}

    endpoints.undeploy_model(endpoint=endpoint, deployed_model_id=second, traffic_split={first: 100}).result()
    assert predict([1]).metadata["name"] == "one"


@pytest.mark.parametrize(("split", "message"), [({"0": 90}, "adds up to 90"), ({"0": 50, "777": 50}, "777")])
def test_a_split_that_cannot_be_is_refused(upload, deploy, split, message):
    model = upload()

    with pytest.raises(exceptions.BadRequest, match=message):
        deploy(model, split)


def test_an_endpoint_without_a_model_says_what_to_do(predict, endpoint):
    with pytest.raises(exceptions.BadRequest, match="Deploy one"):
        predict([1])


def test_an_endpoint_in_use_is_not_deleted(upload, deploy, endpoints, endpoint):
    deployed = deploy(upload())

    with pytest.raises(exceptions.BadRequest, match=deployed):
        endpoints.delete_endpoint(name=endpoint)


def test_a_model_in_use_is_not_deleted(upload, deploy, models, endpoint):
    model = upload()
    deploy(model)

    with pytest.raises(exceptions.BadRequest, match=endpoint.rpartition("/")[2]):
        models.delete_model(name=model)


def test_a_model_without_its_files_is_refused_at_upload(upload, bucket):
    with pytest.raises(exceptions.GoogleAPICallError, match=f'no files under "gs://{bucket.name}/nothing" to copy'):
        upload(artifact_uri=f"gs://{bucket.name}/nothing")


def test_what_is_served_is_what_was_uploaded_even_when_the_source_is_gone(upload, deploy, predict, bucket):
    bucket.blob("model/name.txt").upload_from_string("kept")
    code = """
import os
from google.cloud import storage
bucket, _, folder = os.environ["AIP_STORAGE_URI"].removeprefix("gs://").partition("/")
NAME = storage.Client().bucket(bucket).blob(f"{folder}/name.txt").download_as_text()
"""
    model = upload(artifact_uri=f"gs://{bucket.name}/model", container_spec=container(code=code + SERVER))
    bucket.blob("model/name.txt").delete()
    deploy(model)

    assert predict([1]).metadata["name"] == "kept"


def test_models_are_listed_by_filter_and_deleted(upload, models, parent):
    name = upload(labels={"lab": "this-one"})

    found = models.list_models(request={"parent": parent, "filter": 'labels.lab="this-one"'})
    assert [model.name for model in found] == [name]
    assert models.get_model(name=f"{name}@1").version_id == "1"

    models.delete_model(name=name).result()
    with pytest.raises(exceptions.NotFound, match=name):
        models.get_model(name=name)


@pytest.mark.parametrize(
    ("fields", "named"), [({"display_name": ""}, "display_name"), ({"container_spec": None}, "image_uri")]
)
def test_a_model_that_lacks_something_is_told_what(upload, fields, named):
    with pytest.raises(exceptions.BadRequest, match=named):
        upload(**fields)
