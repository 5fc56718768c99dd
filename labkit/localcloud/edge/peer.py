"""Whose process is at the other end of a loopback connection: on Linux the kernel says so, in /proc/net/tcp.

Each line is a socket: its number, local and remote address, state, queues, timer, retransmits, uid, timeouts, inode.
https://www.kernel.org/doc/Documentation/networking/proc_net_tcp.txt
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

# Fields of a line, and what stands for a socket that its process has closed.
_LOCAL, _REMOTE, _UID, _INODE = 1, 2, 7, 9
_NO_INODE = "0"

_ROOT = 0


@dataclass(frozen=True)
class Endpoint:
    """An address and a port."""

    address: str
    port: int


class Admission(Protocol):
    """Decides about a connection as soon as it is there."""

    def admits(self, peer: Endpoint, own: Endpoint) -> bool: ...


class Everybody:
    """Where the system does not tell: macOS, Windows, Linux without /proc. The README says so."""

    def admits(self, peer: Endpoint, own: Endpoint) -> bool:
        return True


class OwnerOnly:
    """Admits processes of this process's own user, and root's, who can do anything anyway."""

    def __init__(self, uid: int, tables: tuple[Path, ...]) -> None:
        self._admitted = {uid, _ROOT}
        self._tables = tables

    def admits(self, peer: Endpoint, own: Endpoint) -> bool:
        """Read anew each time: what the connection's own socket says cannot be said by another user's process."""
        # The kernel writes a table page by page: a socket that goes meanwhile can hide its neighbour from one reading.
        uid = self._uid(peer, own)
        uid = self._uid(peer, own) if uid is None else uid
        return uid in self._admitted

    def _uid(self, peer: Endpoint, own: Endpoint) -> int | None:
        for table in self._tables:
            with contextlib.suppress(OSError), table.open() as lines:  # A kernel without IPv6 has one table only.
                if (uid := uid_of(lines, peer, own)) is not None:
                    return uid
        return None


def admission() -> Admission:
    """That of this machine."""
    tables = (Path("/proc/self/net/tcp"), Path("/proc/self/net/tcp6"))
    if sys.platform == "linux" and tables[0].exists():
        return OwnerOnly(os.getuid(), tables)
    return Everybody()


def uid_of(lines: Iterable[str], peer: Endpoint, own: Endpoint) -> int | None:
    """The user whose process holds the socket from `peer` to `own`; None where no process does (any more)."""
    ends = {(_hexadecimal(peer, mapped=mapped), _hexadecimal(own, mapped=mapped)) for mapped in (False, True)}
    peer_port = f":{peer.port:04X}"
    for line in lines:
        if peer_port not in line:  # Most lines are of others; they need not be taken apart.
            continue
        fields = line.split()
        # A socket that was closed is said to be root's.
        if (fields[_LOCAL], fields[_REMOTE]) in ends and fields[_INODE] != _NO_INODE:
            return int(fields[_UID])
    return None


def _hexadecimal(endpoint: Endpoint, *, mapped: bool) -> str:
    """As the kernel writes it: words of the machine's own byte order. `mapped` is an IPv4 address on an IPv6 socket."""
    packed = ipaddress.ip_address(endpoint.address).packed
    if mapped and len(packed) == 4:
        packed = bytes(10) + b"\xff\xff" + packed
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return "".join(f"{word:08X}" for word in words) + f":{endpoint.port:04X}"
