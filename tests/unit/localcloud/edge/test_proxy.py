"""Real sockets on 127.0.0.1: a proxy, clients of it, and peers behind it."""

import asyncio
import contextlib
import http.client
import socket
import ssl

import pytest

from labkit.localcloud.edge.certificates import Certificates
from labkit.localcloud.edge.peer import Everybody
from labkit.localcloud.edge.proxy import Proxy

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
GOOGLES = "storage.googleapis.com:443"

# More than every buffer between two sockets of this machine.
LARGE = bytes(range(256)) * 64 * 1024


class Heard(asyncio.Protocol):
    """Stands for the HTTP server: keeps what it is given, and answers each piece with 200."""

    def __init__(self, kept):
        self.kept = kept

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.kept += data
        self.transport.write(OK)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    made = Certificates(tmp_path_factory.mktemp("tls"))
    made.write_bundle("")
    made.server_context()
    return made


@pytest.fixture
def run(certificates):
    """Runs a scenario against a proxy, whose log of requests it is given."""

    def run(scenario, upstream="", connect_grpc=None, admission=None):
        async def main():
            loop = asyncio.get_running_loop()
            faults, heard = [], bytearray()
            loop.set_exception_handler(lambda _, context: faults.append(context))
            proxy = Proxy(
                http_protocol=lambda: Heard(heard),
                connect_grpc=connect_grpc,
                tls=certificates.server_context(),
                upstream=upstream,
                admission=admission or Everybody(),
            )
            async with await proxy.listen(0) as server:
                await asyncio.wait_for(scenario(server.sockets[0].getsockname()[1], heard), 10)
                server.close()
            await settle()
            assert faults == []

        asyncio.run(main())

    return run


async def settle():
    """Let what is closing close."""
    for _ in range(10):
        await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def connected(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def peer(respond):
    """A server on a free port that treats each connection with `respond`."""

    async def serve(reader, writer):
        await respond(reader, writer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def echo(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def ask(port, request):
    """All that comes back until the proxy closes."""
    async with connected(port) as (reader, writer):
        writer.write(request)
        return await reader.read()


async def ask_by_tls(port, host, context, request):
    """The first bytes of the answer, over TLS within a tunnel to `host`."""

    def call():
        with socket.create_connection(("127.0.0.1", port)) as plain:
            plain.sendall(f"CONNECT {host}:443 HTTP/1.1\r\n\r\n".encode())
            assert plain.recv(len(ESTABLISHED)) == ESTABLISHED
            with context.wrap_socket(plain, server_hostname=host) as secure:
                secure.sendall(request)
                return secure.recv(1024)

    return await asyncio.to_thread(call)


async def open_tunnel(reader, writer, target):
    writer.write(f"CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n\r\n".encode())
    assert await reader.readexactly(len(ESTABLISHED)) == ESTABLISHED


def trusting(certificates, *protocols):
    context = ssl.create_default_context(cafile=certificates.bundle)
    context.set_alpn_protocols(protocols)
    return context


def test_a_connection_to_a_host_of_googles_ends_here_in_tls_and_http(run, certificates):
    async def scenario(port, heard):
        request = b"GET /storage/v1/b HTTP/1.1\r\n\r\n"
        context = trusting(certificates, "h2", "http/1.1")
        assert await ask_by_tls(port, "storage.googleapis.com", context, request) == OK
        assert heard == request

    run(scenario)


def test_a_client_that_speaks_only_h2_reaches_the_grpc_server_of_the_host_it_called(run, certificates):
    hosts, ports = [], []

    async def connect_grpc(host, make):
        hosts.append(host)
        return await asyncio.get_running_loop().create_connection(make, "127.0.0.1", ports[0])

    async def scenario(port, heard):
        async with peer(echo) as behind:
            ports.append(behind)
            host, context = "US-Central1-aiplatform.googleapis.com", trusting(certificates, "h2")
            assert await ask_by_tls(port, host, context, b"PRI * HTTP/2.0") == b"PRI * HTTP/2.0"
            assert heard == b""

    run(scenario, connect_grpc=connect_grpc)
    assert hosts == ["us-central1-aiplatform.googleapis.com"]


def test_a_client_that_does_not_trust_us_is_told_of_in_the_log(run, caplog):
    def call(port):
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=ssl.create_default_context())
        connection.set_tunnel("storage.googleapis.com", 443)
        with contextlib.closing(connection):
            connection.request("GET", "/")

    async def scenario(port, heard):
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(call, port)
        await settle()

    with caplog.at_level("INFO"):
        run(scenario)
    assert "It must trust the bundle of `labkit cloud env`" in caplog.text


@pytest.mark.parametrize("greeting", [b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n"])
def test_a_client_that_leaves_before_tls_is_agreed_is_no_fault(run, greeting):
    async def scenario(port, heard):
        async with connected(port) as (reader, writer):
            await open_tunnel(reader, writer, GOOGLES)
            writer.write(greeting)
        await settle()

    run(scenario)


def test_any_other_host_is_tunnelled_byte_for_byte_in_both_directions_at_once(run):
    async def scenario(port, heard):
        async with peer(echo) as other, connected(port) as (reader, writer):
            await open_tunnel(reader, writer, f"127.0.0.1:{other}")
            writer.write(LARGE)
            assert await reader.readexactly(len(LARGE)) == LARGE
            assert heard == b""

    run(scenario)


def test_an_address_in_brackets_as_ipv6_has_them_is_reached(run):
    async def scenario(port, heard):
        async with peer(echo) as other, connected(port) as (reader, writer):
            await open_tunnel(reader, writer, f"[127.0.0.1]:{other}")

    run(scenario)


def test_a_peer_that_does_not_read_stops_the_other_instead_of_filling_our_memory(run):
    async def scenario(port, heard):
        may_read = asyncio.Event()

        async def slow(reader, writer):
            await may_read.wait()
            await echo(reader, writer)

        async with peer(slow) as other, connected(port) as (reader, writer):
            await open_tunnel(reader, writer, f"127.0.0.1:{other}")
            writer.write(LARGE)
            await asyncio.sleep(0.2)
            assert writer.transport.get_write_buffer_size() > 0
            may_read.set()
            assert await reader.readexactly(len(LARGE)) == LARGE

    run(scenario)


def test_a_client_that_has_said_all_still_hears_the_answer(run):
    async def count(reader, writer):
        writer.write(b"%d" % len(await reader.read()))
        await writer.drain()

    async def scenario(port, heard):
        async with peer(count) as other, connected(port) as (reader, writer):
            await open_tunnel(reader, writer, f"127.0.0.1:{other}")
            writer.write(LARGE)
            writer.write_eof()
            assert await reader.read() == b"%d" % len(LARGE)

    run(scenario)


def test_a_peer_that_has_said_all_still_hears_the_client(run):
    async def scenario(port, heard):
        heard_late = asyncio.get_running_loop().create_future()

        async def listen(reader, writer):
            writer.write(b"speak")
            writer.write_eof()
            heard_late.set_result(await reader.read())

        async with peer(listen) as other, connected(port) as (reader, writer):
            await open_tunnel(reader, writer, f"127.0.0.1:{other}")
            assert await reader.read() == b"speak"
            writer.write(LARGE)
            writer.write_eof()
            assert await heard_late == LARGE

    run(scenario)


def test_a_peer_that_dies_ends_the_tunnel(run):
    async def scenario(port, heard):
        async def die(reader, writer):
            writer.transport.abort()

        async with peer(die) as other, connected(port) as (reader, writer):
            await open_tunnel(reader, writer, f"127.0.0.1:{other}")
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""

    run(scenario)


def test_what_a_client_sends_without_waiting_is_not_lost(run):
    async def scenario(port, heard):
        async with peer(echo) as other, connected(port) as (reader, writer):
            writer.write(f"CONNECT 127.0.0.1:{other} HTTP/1.1\r\n\r\nearly".encode())
            assert await reader.readexactly(len(ESTABLISHED) + 5) == ESTABLISHED + b"early"

    run(scenario)


def test_the_machines_own_proxy_gets_the_request_as_it_came(run):
    async def other_proxy(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 by the company\r\n\r\n" + head)
        await echo(reader, writer)

    async def scenario(_, heard):
        async with peer(other_proxy) as upstream:

            async def through(port, heard):
                request = b"CONNECT packages.example:443 HTTP/1.1\r\nproxy-authorization: Basic YTpi\r\n\r\n"
                async with connected(port) as (reader, writer):
                    writer.write(request)
                    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 200 by the company\r\n\r\n"
                    assert await reader.readuntil(b"\r\n\r\n") == request
                    writer.write(b"hello")
                    assert await reader.readexactly(5) == b"hello"

            await asyncio.to_thread(run, through, f"http://127.0.0.1:{upstream}")

    run(scenario)


def test_the_machines_own_proxy_is_given_the_login_of_its_url(run):
    async def other_proxy(reader, writer):
        writer.write(await reader.readuntil(b"\r\n\r\n"))
        await writer.drain()

    async def scenario(_, heard):
        async with peer(other_proxy) as upstream:

            async def through(port, heard):
                async with connected(port) as (reader, writer):
                    writer.write(b"CONNECT packages.example:443 HTTP/1.1\r\nhost: packages.example\r\n\r\n")
                    lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
                    assert lines[:3] == [
                        b"CONNECT packages.example:443 HTTP/1.1",
                        b"Proxy-Authorization: Basic YTpiQGM=",  # a:b@c
                        b"host: packages.example",
                    ]

            await asyncio.to_thread(run, through, f"http://a:b%40c@127.0.0.1:{upstream}")

    run(scenario)


def test_a_host_of_googles_never_reaches_the_machines_own_proxy(run, certificates):
    async def scenario(port, heard):
        context = trusting(certificates, "http/1.1")
        assert await ask_by_tls(port, "storage.googleapis.com", context, b"GET / HTTP/1.1\r\n\r\n") == OK

    run(scenario, upstream="http://127.0.0.1:9")


@pytest.mark.parametrize("target", ["127.0.0.1:9", "a..b:443", f"{'x' * 64}.example:443", "127.0.0.1:0"])
def test_a_host_that_cannot_be_reached_is_a_bad_gateway(run, target):
    async def scenario(port, heard):
        reply = await ask(port, f"CONNECT {target} HTTP/1.1\r\n\r\n".encode())
        assert reply.startswith(b"HTTP/1.1 502 ")

    run(scenario)


@pytest.mark.parametrize(
    "line",
    [
        "CONNECT 127.0.0.1 HTTP/1.1",
        "CONNECT 127.0.0.1: HTTP/1.1",
        "CONNECT 127.0.0.1:https HTTP/1.1",
        "CONNECT 127.0.0.1:² HTTP/1.1",
        "CONNECT 127.0.0.1:65536 HTTP/1.1",
        "CONNECT :443 HTTP/1.1",
        "CONNECT bücher.example:443 HTTP/1.1",
        "CONNECT 127.0.0.1:443",
        "CONNECT ",
    ],
)
def test_a_connect_without_host_and_port_is_a_bad_request(run, line):
    async def scenario(port, heard):
        assert (await ask(port, f"{line}\r\n\r\n".encode("latin-1"))).startswith(b"HTTP/1.1 400 ")

    run(scenario)


def test_an_endless_head_is_cut_off(run):
    async def scenario(port, heard):
        async with connected(port) as (_, writer):
            with pytest.raises(ConnectionError):  # noqa: PT012 - which write meets the reset is up to the kernel.
                writer.write(b"CONNECT ")
                while True:
                    writer.write(b"x" * 4096)
                    await writer.drain()
                    await asyncio.sleep(0)

    run(scenario)


@pytest.mark.parametrize("pieces", [[b"GET / HTTP/1.1\r\n\r\n"], [b"G", b"ET / HTTP/1.1\r\n\r\n"], [b"\x00garbage"]])
def test_what_is_no_connect_is_the_http_servers_to_answer(run, pieces):
    async def scenario(port, heard):
        async with connected(port) as (reader, writer):
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(0.01)
            assert await reader.readexactly(len(OK)) == OK
            assert heard == b"".join(pieces)

    run(scenario)


def test_a_connect_may_come_in_pieces(run):
    async def scenario(port, heard):
        async with peer(echo) as other, connected(port) as (reader, writer):
            for byte in f"CONNECT 127.0.0.1:{other} HTTP/1.1\r\n\r\n".encode():
                writer.write(bytes([byte]))
                await asyncio.sleep(0)
            assert await reader.readexactly(len(ESTABLISHED)) == ESTABLISHED

    run(scenario)


def test_a_port_that_is_taken_is_an_error_of_the_start(run, certificates):
    async def scenario(port, heard):
        parts = {"http_protocol": lambda: Heard(heard), "connect_grpc": None, "tls": None, "upstream": ""}
        other = Proxy(**parts, admission=Everybody())
        with pytest.raises(OSError, match="address already in use"):
            await other.listen(port)

    run(scenario)


class Nobody:
    def admits(self, peer, own):
        return False


@pytest.mark.parametrize(
    "request_line", [b"GET / HTTP/1.1", b"GET http://a.example/ HTTP/1.1", b"CONNECT a.example:443 HTTP/1.1"]
)
def test_another_users_process_is_told_so_and_nothing_it_sends_is_read(run, request_line):
    async def scenario(port, heard):
        async with connected(port) as (reader, writer):
            writer.write(request_line + b"\r\n\r\n")
            reply = await reader.read()

        assert reply.startswith(b"HTTP/1.1 403 Forbidden\r\n")
        assert reply.endswith(b"labkit cloud start\n")
        assert heard == b""

    run(scenario, admission=Nobody())
