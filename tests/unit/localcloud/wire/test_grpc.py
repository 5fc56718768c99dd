"""gRPC over the unix sockets that the proxy uses, with grpc's own client."""

import asyncio
import contextlib

import grpc
import grpc.aio
import pytest

from labkit.localcloud.core.requirement import requires
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.wire.grpc import GrpcTransport

HOST = "us-central1-aiplatform.googleapis.com"
SERVICE = "google.cloud.aiplatform.v1.EndpointService"
PARENT = "projects/student/locations/us-central1"


class Endpoints:
    """Answers as a test tells it."""

    service = SERVICE

    def __init__(self, answer):
        self._answer = answer

    @requires("aiplatform.endpoints.get", on="name")
    def GetEndpoint(self, request, context):  # noqa: N802 - as Google names it.
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer(request, context)


@pytest.fixture
def types(cloud):
    return cloud.registry.package("google.cloud.aiplatform.v1")


@pytest.fixture
def serving(tmp_path):
    """A running transport; gives a channel to the server of a host."""

    @contextlib.asynccontextmanager
    async def serving(cloud):
        transport = GrpcTransport(cloud.registry, cloud.dispatcher, cloud.faults, tmp_path)
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(transport.stop)

            async def channel(host):
                connection, _ = await transport.connect(host, asyncio.Protocol)
                path = connection.get_extra_info("peername")
                connection.close()
                return await stack.enter_async_context(grpc.aio.insecure_channel(f"unix:{path}"))

            yield channel

    return serving


@pytest.fixture
def call(cloud, serving, loop, authorization):
    """The answer of a unary RPC, as a message and its trailing metadata."""

    def call(path, request=b"", *, cloud=cloud, host=HOST, metadata=(("authorization", authorization),)):
        async def main():
            async with serving(cloud) as channel:
                rpc = (await channel(host)).unary_unary(path)(
                    request if isinstance(request, bytes) else request.SerializeToString(), metadata=metadata
                )
                answer = await rpc
                return answer, dict(await rpc.trailing_metadata())

        return loop.run_until_complete(main())

    return call


def details(cloud, error):
    """The google.rpc.Status in an error's trailing metadata."""
    return cloud.registry.message("google.rpc.Status").FromString(
        dict(error.trailing_metadata())["grpc-status-details-bin"]
    )


def test_a_call_reaches_its_handler_with_the_headers_it_wishes_to_send(call, cloud_with, types):
    def answer(request, context):
        context.reply_headers["x-seen-by"] = context.host
        return types.Endpoint(name=request.name)

    answer, trailing = call(
        f"/{SERVICE}/GetEndpoint", types.GetEndpointRequest(name="x"), cloud=cloud_with(Endpoints(answer))
    )

    assert types.Endpoint.FromString(answer).name == "x"
    assert trailing["x-seen-by"] == HOST


@pytest.mark.parametrize(
    ("host", "path"),
    [
        (HOST, f"/{SERVICE}/NoSuchMethod"),
        (HOST, "/no.such.Service/Get"),
        ("storage.googleapis.com", f"/{SERVICE}/GetEndpoint"),
    ],
)
def test_a_path_that_the_host_does_not_serve_is_unimplemented(call, host, path):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        call(path, host=host)

    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("rpc", ["DatasetService/GetDataset", "PredictionService/StreamingPredict"])
def test_what_is_not_written_is_unimplemented_by_name(call, cloud, rpc):
    with pytest.raises(grpc.aio.AioRpcError, match="is not implemented by the local cloud") as refused:
        call(f"/google.cloud.aiplatform.v1.{rpc}")

    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert refused.value.details().startswith(f"google.cloud.aiplatform.v1.{rpc.replace('/', '.')} ")
    assert details(cloud, refused.value).code == Code.UNIMPLEMENTED.number


@pytest.mark.parametrize("kind", ["unary_stream", "stream_stream"])
def test_a_streaming_rpc_answers_to_every_kind_of_client(cloud, serving, loop, authorization, kind):
    path = "/google.cloud.aiplatform.v1.PredictionService/StreamingPredict"

    async def main():
        async with serving(cloud) as channel:
            request = iter([b""]) if kind == "stream_stream" else b""
            rpc = getattr(await channel(HOST), kind)(path)(request, metadata=[("authorization", authorization)])
            async for _ in rpc:
                pytest.fail("There is nothing to stream.")

    with pytest.raises(grpc.aio.AioRpcError, match=r"PredictionService\.StreamingPredict is not implemented"):
        loop.run_until_complete(main())


def test_a_refusal_carries_its_code_its_text_and_its_details(call, cloud, cloud_with):
    refusal = ApiError(Code.RESOURCE_EXHAUSTED, "keine GPU übrig", reason="RATE_LIMIT", metadata={"zone": "a"})

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        call(f"/{SERVICE}/GetEndpoint", cloud=cloud_with(Endpoints(refusal)))

    info = cloud.registry.message("google.rpc.ErrorInfo")()
    status = details(cloud, refused.value)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert refused.value.details() == status.message == "keine GPU übrig"
    assert status.code == Code.RESOURCE_EXHAUSTED.number
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain, dict(info.metadata)) == ("RATE_LIMIT", "aiplatform.googleapis.com", {"zone": "a"})


def test_a_refusal_too_long_for_trailers_keeps_its_end(call, cloud_with):
    long = "x" * 100_000 + " the last line of the log"
    cloud = cloud_with(Endpoints(ApiError.precondition(long)))

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        call(f"/{SERVICE}/GetEndpoint", cloud=cloud)

    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert refused.value.details().endswith("the last line of the log")


def test_a_bug_is_an_internal_error_without_its_traceback(call, cloud_with, caplog):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        call(f"/{SERVICE}/GetEndpoint", cloud=cloud_with(Endpoints(ZeroDivisionError("division by zero"))))

    assert refused.value.code() is grpc.StatusCode.INTERNAL
    assert "ZeroDivisionError: division by zero" in refused.value.details()
    assert "Traceback" not in refused.value.details()
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("metadata", [(), (("authorization", "Bearer ya29.forged"),)])
def test_a_stranger_is_refused(call, cloud, metadata):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        call(f"/{SERVICE}/GetEndpoint", metadata=metadata)

    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert details(cloud, refused.value).details


def test_bytes_that_are_no_message_are_refused_and_are_no_bug_of_ours(call, caplog):
    with pytest.raises(
        grpc.aio.AioRpcError, match=r"is no google\.cloud\.aiplatform\.v1\.GetEndpointRequest"
    ) as refused:
        call(f"/{SERVICE}/GetEndpoint", b"\xff\xff\xff")

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caplog.text == ""


def test_an_rpc_that_many_apis_share_is_answered_for_the_host_that_was_called(cloud, serving, loop, authorization):
    async def ask(channel, host):
        rpc = (await channel(host)).unary_unary("/google.longrunning.Operations/GetOperation")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await rpc(b"", metadata=[("authorization", authorization)])
        return refused.value.code()

    async def main():
        async with serving(cloud) as channel:
            return [await ask(channel, host) for host in (HOST, "pubsub.googleapis.com", HOST)]

    # Vertex AI has operations, Pub/Sub has none.
    not_found, none = grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNIMPLEMENTED
    assert loop.run_until_complete(main()) == [not_found, none, not_found]


def test_without_unix_sockets_it_listens_on_a_port_of_this_machine(cloud, loop):
    async def main():
        transport = GrpcTransport(cloud.registry, cloud.dispatcher, cloud.faults, None)
        connection, _ = await transport.connect(HOST, asyncio.Protocol)
        peer = connection.get_extra_info("peername")
        connection.close()
        await transport.stop()
        return peer

    assert loop.run_until_complete(main())[0] == "127.0.0.1"
