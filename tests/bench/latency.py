"""What the local cloud adds to a unary call: a real call beside a bare server that sends the same bytes."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from concurrent import futures

import grpc
import requests
import trustme
import uvicorn
from google.auth import default
from google.auth.transport.requests import AuthorizedSession
from google.cloud import aiplatform_v1

from tests.bench.spread import Spread, measure, milliseconds

_ROUNDS = 500


def rows(connected) -> Iterator[tuple[str, ...]]:
    yield from _rest(connected)
    yield from _grpc(connected)


def _rest(connected) -> Iterator[tuple[str, ...]]:
    session = AuthorizedSession(default()[0])
    url = f"https://cloudresourcemanager.googleapis.com/v3/projects/{connected.project}"
    body = session.get(url).content
    with _bare_http(body) as (address, authority):
        plain = requests.Session()
        plain.trust_env = False
        plain.verify = authority
        real, bare = measure(lambda: session.get(url), lambda: plain.get(address), rounds=_ROUNDS)
    yield _row("REST, GetProject", real, bare, "bare uvicorn with TLS")


def _grpc(connected) -> Iterator[tuple[str, ...]]:
    parent = f"projects/{connected.project}/locations/{connected.region}"
    client = connected.models()
    container = {"image_uri": "python:3.11", "command": ["true"]}
    model = aiplatform_v1.Model(display_name="bench", container_spec=container)
    name = client.upload_model(parent=parent, model=model).result().model
    body = aiplatform_v1.Model.serialize(client.get_model(name=name))
    with _bare_grpc(body) as channel:
        call = channel.unary_unary(
            "/bench/Get",
            request_serializer=aiplatform_v1.GetModelRequest.serialize,
            response_deserializer=aiplatform_v1.Model.deserialize,
        )
        request = aiplatform_v1.GetModelRequest(name=name)
        real, bare = measure(lambda: client.get_model(request), lambda: call(request), rounds=_ROUNDS)
    yield _row("gRPC, GetModel", real, bare, "bare grpc server")


def _row(what: str, real: Spread, bare: Spread, against: str) -> tuple[str, ...]:
    return (
        f"{what}: added",
        milliseconds(real.p50 - bare.p50),
        milliseconds(real.p99 - bare.p99),
        f"{against}: {milliseconds(bare.p50)}",
        f"{real.p50 / bare.p50:.2f}",
        f"{real.p99 / bare.p99:.2f}",
        "< 5 ms",
    )


@contextlib.contextmanager
def _bare_http(body: bytes) -> Iterator[tuple[str, str]]:
    """An address that answers `body`, and the file of the authority to trust."""

    async def app(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1")
    with leaf.private_key_and_cert_chain_pem.tempfile() as pem, authority.cert_pem.tempfile() as trusted:
        config = uvicorn.Config(app, port=0, lifespan="off", log_level="error", ssl_certfile=pem, ssl_keyfile=pem)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=asyncio.run, args=(server.serve(),))
        thread.start()
        while not server.started:
            pass
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"https://127.0.0.1:{port}/", trusted
        server.should_exit = True
        thread.join()


@contextlib.contextmanager
def _bare_grpc(body: bytes) -> Iterator[grpc.Channel]:
    """A channel to a server that answers `body` to everything."""

    class Handler(grpc.GenericRpcHandler):
        def service(self, handler_call_details):
            return grpc.unary_unary_rpc_method_handler(lambda request, context: body)

    server = grpc.server(futures.ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers((Handler(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    server.stop(None)
