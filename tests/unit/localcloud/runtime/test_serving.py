import asyncio
import json
import sys
import textwrap

import pytest

from labkit.localcloud.runtime.images import Image
from labkit.localcloud.runtime.process import Stream
from labkit.localcloud.runtime.serving import Deployment, ModelServer, ModelServerError

ECHO = """
import http.server, json, os, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    connections = 0
    def setup(self):
        super().setup()
        Handler.connections += 1
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-From-Server", "yes")
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.answer(200 if self.path == os.environ["AIP_HEALTH_ROUTE"] else 404, b"{}")
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if body == "die":
            print("dying", flush=True)
            os._exit(3)
        if body == "hang":
            time.sleep(30)
        env = {name: value for name, value in os.environ.items() if name.startswith("AIP_") or name == "MINE"}
        reply = {"path": self.path, "body": body, "headers": dict(self.headers), "env": env, "argv": sys.argv[1:],
                 "connections": Handler.connections, "gcs": os.path.exists("/gcs")}
        self.answer(400 if body == "bad" else 200, json.dumps(reply).encode())
    def log_message(self, *args):
        pass

print("listening", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["AIP_HTTP_PORT"])), Handler).serve_forever()
"""


def deployment(code=ECHO, **fields):
    image = Image("python:3.12")
    return Deployment(image, "11", "22", "123", command=("python", "-c", textwrap.dedent(code)), **fields)


@pytest.fixture
def served(tmp_path, base_env):
    """Runs `scenario(server)` against a started server and stops it."""

    def run(deployment, scenario, deadline=10.0, lines=None):
        async def main():
            on_line = (lambda *_: None) if lines is None else (lambda *line: lines.append(line))
            server = await ModelServer.start(deployment, tmp_path / "server", base_env, on_line, deadline)
            try:
                return await scenario(server)
            finally:
                await server.stop()

        return asyncio.run(asyncio.wait_for(main(), 30))

    return run


async def ask(server, body=b"{}", headers=()):
    reply = await server.predict(body, {"Content-Type": "application/json", **dict(headers)})
    return json.loads(reply.body)


def test_the_contracts_defaults_reach_the_server(served):
    seen = served(deployment(machine_type="n1-standard-2", storage_uri="gs://copy/1"), ask)

    assert seen["path"] == "/v1/endpoints/11/deployedModels/22:predict"
    assert int(seen["env"].pop("AIP_HTTP_PORT")) > 0
    assert seen["env"] == {
        "AIP_HEALTH_ROUTE": "/v1/endpoints/11/deployedModels/22",
        "AIP_PREDICT_ROUTE": "/v1/endpoints/11/deployedModels/22:predict",
        "AIP_STORAGE_URI": "gs://copy/1",
        "AIP_ENDPOINT_ID": "11",
        "AIP_DEPLOYED_MODEL_ID": "22",
        "AIP_MODEL_NAME": "11",
        "AIP_VERSION_NAME": "22",
        "AIP_PROJECT_NUMBER": "123",
        "AIP_MACHINE_TYPE": "n1-standard-2",
        "AIP_FRAMEWORK": "CUSTOM_CONTAINER",
        "AIP_MODE": "PREDICTION",
        "AIP_MODE_VERSION": "1.0.0",
    }


def test_the_models_own_routes_environment_and_arguments_are_used(served):
    model = deployment(
        health_route="/ok", predict_route="/go", env={"MINE": "1"}, args=("--port=$(AIP_HTTP_PORT)",),
        accelerator_type="NVIDIA_L4",
    )  # fmt: skip

    seen = served(model, ask)

    assert seen["path"] == "/go"
    assert seen["env"]["MINE"] == "1"
    assert seen["env"]["AIP_ACCELERATOR_TYPE"] == "NVIDIA_L4"
    assert seen["argv"] == [f"--port={seen['env']['AIP_HTTP_PORT']}"]
    assert seen["gcs"] is False


def test_bodies_headers_and_status_pass_through_over_one_kept_connection(served):
    async def scenario(server):
        first = await ask(server, b"\xc3\xa9", {"X-Mine": "1", "Host": "europe-west4-aiplatform.googleapis.com"})
        second = await server.invoke("/invoke/x", b"bad", {})
        return first, second

    first, second = served(deployment(), scenario)

    assert (first["body"], first["headers"]["X-Mine"]) == ("é", "1")
    assert first["headers"]["Host"].startswith("127.0.0.1:")
    assert second.status == 400
    assert ("x-from-server", "yes") in second.headers
    assert json.loads(second.body)["path"] == "/invoke/x"
    assert json.loads(second.body)["connections"] == first["connections"]


def test_its_output_is_passed_on(served):
    lines = []

    served(deployment(), ask, lines=lines)

    assert (Stream.OUT, "listening") in lines


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "raise SystemExit('no model in gs://x')",
            "exited unexpectedly, with status 1. Its last output:\nno model in gs://x",
        ),
        (
            "import time; time.sleep(60)",
            "never became healthy: within 1 s GET /v1/endpoints/11/deployedModels/22 never",
        ),
        (ECHO.replace("200 if", "503 if"), "it answers 503"),
    ],
)
def test_a_server_that_does_not_come_up_fails_with_the_reason(served, code, words):
    with pytest.raises(ModelServerError) as caught:
        served(deployment(code), ask, deadline=10.0 if "exited" in words else 1)
    assert words in str(caught.value)


def test_a_server_that_dies_while_it_is_asked_is_an_error_with_its_output(served, eventually):
    async def scenario(server):
        with pytest.raises(ModelServerError, match="broke off") as caught:
            await server.predict(b"die", {})
        await eventually(lambda: not server.running)
        return str(caught.value)

    assert "dying" in served(deployment(), scenario)


def test_an_answer_that_takes_too_long_is_an_error(served):
    async def scenario(server):
        with pytest.raises(ModelServerError, match=r"did not answer .*:predict within 0\.2 s"):
            await server.predict(b"hang", {}, limit=0.2)

    served(deployment(), scenario)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_stop_ends_the_process(served, assert_dies):
    pids = []

    async def scenario(server):
        pids.append(server._process.pid)

    served(deployment(), scenario)

    assert_dies(pids[0])
