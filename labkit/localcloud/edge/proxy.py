"""The one listening socket. Google's hosts are reached through it by HTTPS_PROXY, this machine's own by address.

CONNECT to a host of Google's ends here: TLS is taken off and the bytes go to the HTTP protocol in this process, or,
where only h2 was offered, to a gRPC server. CONNECT to any other host is a tunnel that nobody looks into.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import re
import ssl
from collections.abc import Awaitable, Callable
from typing import TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

from labkit.localcloud.core.hosts import is_googles
from labkit.localcloud.edge.peer import Admission, Endpoint

_log = logging.getLogger(__name__)

_LARGEST_HEAD = 16 * 1024
_LARGEST_PORT = 65535
_CONNECT = b"CONNECT "
_TARGET = re.compile(rb"CONNECT (?P<host>\[[0-9A-Fa-f:.]+\]|[\w.-]+):(?P<port>[0-9]{1,5}) HTTP/1\.[01]\r\n")
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"
_BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n"
_ANOTHERS = b"This local cloud is another user's. Start your own: labkit cloud start\n"
_FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\ncontent-length: %d\r\n\r\n%b" % (len(_ANOTHERS), _ANOTHERS)

Connection: TypeAlias = tuple[asyncio.BaseTransport, asyncio.BaseProtocol]

# Connects a protocol to some peer, as loop.create_connection does.
Connect: TypeAlias = Callable[[Callable[[], asyncio.Protocol]], Awaitable[Connection]]


class Proxy:
    """Accepts connections and decides what each one is."""

    def __init__(
        self,
        *,
        http_protocol: Callable[[], asyncio.Protocol],
        connect_grpc: Callable[[str, Callable[[], asyncio.Protocol]], Awaitable[Connection]],
        tls: ssl.SSLContext,
        upstream: str,
        admission: Admission,
    ) -> None:
        """`upstream` is the URL of the machine's own HTTPS proxy, or empty."""
        self._http_protocol = http_protocol
        self._connect_grpc = connect_grpc
        self._tls = tls
        self._upstream = urlsplit(upstream) if upstream else None
        self._admission = admission
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, port: int) -> asyncio.Server:
        """Listen on 127.0.0.1; raises OSError where the port is taken."""
        make = guarded(lambda: _Opening(self), self._admission)
        return await asyncio.get_running_loop().create_server(make, "127.0.0.1", port)

    def serve_plain(self, transport: asyncio.Transport, head: bytes) -> None:
        """A request to this machine itself: the metadata server, the administration."""
        _hand_over(transport, self._http_protocol(), head)

    def connect(self, transport: asyncio.Transport, host: str, port: int, received: bytes) -> None:
        """CONNECT `host`:`port`; `received` is the request and what may follow it."""
        transport.pause_reading()
        terminates = is_googles(host)
        work = self._terminate(transport, host) if terminates else self._tunnel(transport, host, port, received)
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _terminate(self, transport: asyncio.Transport, host: str) -> None:
        loop = asyncio.get_running_loop()
        transport.write(_ESTABLISHED)
        waiting = _Waiting()
        try:
            secure = await loop.start_tls(transport, waiting, self._tls, server_side=True)
        except ssl.SSLError as error:
            _log.info("TLS was not agreed with a client: %s. It must trust the bundle of `labkit cloud env`.", error)
            transport.abort()
            return
        except OSError:  # The client went away during the handshake.
            transport.abort()
            return
        if secure is None:
            return
        connection = secure.get_extra_info("ssl_object")
        if connection.selected_alpn_protocol() == "h2":
            await self._splice(secure, lambda make: self._connect_grpc(host.lower(), make), waiting.received)
        else:
            _hand_over(secure, self._http_protocol(), waiting.received)

    async def _tunnel(self, transport: asyncio.Transport, host: str, port: int, received: bytes) -> None:
        loop = asyncio.get_running_loop()
        upstream = self._upstream
        if upstream is not None and upstream.hostname:
            name, number = upstream.hostname, upstream.port or 80
            request = _with_credentials(received, upstream)
            await self._splice(transport, lambda make: loop.create_connection(make, name, number), request)
        else:
            early = received.partition(b"\r\n\r\n")[2]
            await self._splice(
                transport, lambda make: loop.create_connection(make, host, port), early, greeting=_ESTABLISHED
            )

    async def _splice(
        self, transport: asyncio.Transport, connect: Connect, first: bytes | bytearray, greeting: bytes = b""
    ) -> None:
        back = _Splice(transport)
        try:
            far, _ = await connect(lambda: back)
        except (OSError, UnicodeError) as error:  # UnicodeError: no name that DNS could know, such as "a..b".
            _log.info("A tunnel could not be opened: %s", error)
            transport.write(_BAD_GATEWAY)
            transport.close()
            return
        assert isinstance(far, asyncio.Transport)
        transport.write(greeting)
        forth = _Splice(far)
        back.reverse, forth.reverse = forth, back
        transport.set_protocol(forth)
        if first:
            far.write(bytes(first))
        transport.resume_reading()


def guarded(make: Callable[[], asyncio.Protocol], admission: Admission) -> Callable[[], asyncio.Protocol]:
    """Protocols for the connections that are admitted, and a refusal for the others."""
    return lambda: _Guard(make, admission)


class _Guard(asyncio.Protocol):
    """Asks whose connection it is, once and before a byte of it is read."""

    def __init__(self, make: Callable[[], asyncio.Protocol], admission: Admission) -> None:
        self._make = make
        self._admission = admission

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        peer, own = (transport.get_extra_info(name)[:2] for name in ("peername", "sockname"))
        if self._admission.admits(Endpoint(*peer), Endpoint(*own)):
            protocol = self._make()
            transport.set_protocol(protocol)
            protocol.connection_made(transport)
        else:
            _log.warning("A connection from port %d of another user's process was refused.", peer[1])
            transport.write(_FORBIDDEN)
            transport.close()


def _with_credentials(request: bytes, upstream: SplitResult) -> bytes:
    """The request as the machine's own proxy wants it: with the login of the proxy's URL, if it has one."""
    if upstream.username is None:
        return request
    login = f"{unquote(upstream.username)}:{unquote(upstream.password or '')}"
    header = b"Proxy-Authorization: Basic " + base64.b64encode(login.encode()) + b"\r\n"
    return request.replace(b"\r\n", b"\r\n" + header, 1)


class _Opening(asyncio.Protocol):
    """Reads up to the end of the first request's head, then gives the connection away."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._head = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._head += data
        if not _CONNECT.startswith(self._head[: len(_CONNECT)]):
            self._proxy.serve_plain(self._transport, bytes(self._head))
        elif b"\r\n\r\n" in self._head:
            self._connect()
        elif len(self._head) > _LARGEST_HEAD:
            self._transport.abort()

    def _connect(self) -> None:
        target = _TARGET.match(self._head)
        if target and int(target["port"]) <= _LARGEST_PORT:
            host = target["host"].decode().strip("[]")
            self._proxy.connect(self._transport, host, int(target["port"]), bytes(self._head))
        else:
            self._transport.write(_BAD_REQUEST)
            self._transport.close()


class _Waiting(asyncio.Protocol):
    """Keeps what arrives between the end of the TLS handshake and the choice of a protocol."""

    def __init__(self) -> None:
        self.received = bytearray()

    def data_received(self, data: bytes) -> None:
        self.received += data


class _Splice(asyncio.Protocol):
    """Writes to the other side whatever this side sends, no faster than the other side reads.

    `reverse` is what does so in the other direction.
    """

    reverse: _Splice

    def __init__(self, other: asyncio.Transport) -> None:
        self._other = other
        self._ended = False

    def data_received(self, data: bytes) -> None:
        self._other.write(data)

    def pause_writing(self) -> None:
        with contextlib.suppress(RuntimeError):  # It is closing.
            self._other.pause_reading()

    def resume_writing(self) -> None:
        with contextlib.suppress(RuntimeError):  # It is closing.
            self._other.resume_reading()

    def eof_received(self) -> bool:
        """One side may end while the other still speaks, which TLS cannot; true keeps this side open to listen."""
        self._ended = True
        half_closes = self._other.can_write_eof() and self.reverse._other.can_write_eof()
        if half_closes and not self.reverse._ended:
            self._other.write_eof()
            return True
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._other.close()


def _hand_over(transport: asyncio.Transport, protocol: asyncio.Protocol, received: bytes | bytearray) -> None:
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    if received:
        protocol.data_received(bytes(received))
    transport.resume_reading()
