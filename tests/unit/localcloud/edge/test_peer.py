"""Lines as Linux writes them, real sockets, and a real process of another user."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.localcloud.edge.peer import Endpoint, Everybody, OwnerOnly, admission, uid_of

ACCEPTED = "0100007F:21FC 0100007F:AA64 01 00000000:00000000 00:00000000 00000000  1000        0 41 1 0 20 4 30 10 -1"
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
PEER, OWN = Endpoint("127.0.0.1", 43620), Endpoint("127.0.0.1", 8700)

# The server's side of the connection, a listener, and then the client's side.
TCP = (
    HEAD
    + "   0: 0100007F:21FC 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 40 1 0 100\n"
    + f"   1: {ACCEPTED}\n"
    + "   2: 0100007F:AA64 0100007F:21FC 01 00000000:00000000 02:00000374 00000000  1001        0 42 2 0 20 4 29\n"
)
TCP6 = (
    HEAD + "   0: 0000000000000000FFFF00000100007F:AA64 0000000000000000FFFF00000100007F:21FC 01 00000000:00000000 "
    "00:00000000 00000000  1002        0 43 1 0 20 4 30 10 -1\n"
)
CLOSED = HEAD + "   0: 0100007F:AA64 0100007F:21FC 06 00000000:00000000 03:00001735 00000000     0        0 0 3 0\n"

little_endian = pytest.mark.skipif(sys.byteorder != "little", reason="the samples are of a little-endian machine")


@little_endian
@pytest.mark.parametrize(
    ("table", "uid"),
    [(TCP, 1001), (TCP6, 1002), (CLOSED, None), (HEAD, None)],
    ids=["IPv4", "mapped", "closed", "none"],
)
def test_the_clients_side_of_a_connection_tells_whose_it_is(table, uid):
    assert uid_of(table.splitlines(), PEER, OWN) == uid


@little_endian
@pytest.mark.parametrize("port", [43621, 8700, 0x0100])
def test_another_connection_is_not_taken_for_it(port):
    assert uid_of(TCP.splitlines(), Endpoint("127.0.0.1", port), OWN) is None


@little_endian
@pytest.mark.parametrize(("uid", "admitted"), [(1001, True), (1000, False)])
def test_only_the_owner_is_admitted(tmp_path, uid, admitted):
    (tmp_path / "tcp").write_text(TCP)
    owner = OwnerOnly(uid, (tmp_path / "tcp", tmp_path / "no such table"))

    assert owner.admits(PEER, OWN) is admitted


@little_endian
def test_root_is_admitted_and_a_socket_that_was_closed_is_not_roots(tmp_path):
    (tmp_path / "tcp").write_text(TCP.replace("  1001  ", "     0  "))
    assert OwnerOnly(1000, (tmp_path / "tcp",)).admits(PEER, OWN)

    (tmp_path / "tcp").write_text(CLOSED)
    assert not OwnerOnly(1000, (tmp_path / "tcp",)).admits(PEER, OWN)


@little_endian
def test_the_table_of_ipv6_is_read_where_that_of_ipv4_does_not_know(tmp_path):
    (tmp_path / "tcp").write_text(HEAD)
    (tmp_path / "tcp6").write_text(TCP6)

    assert OwnerOnly(1002, (tmp_path / "tcp", tmp_path / "tcp6")).admits(PEER, OWN)


def test_where_the_system_does_not_tell_everybody_is_admitted():
    assert Everybody().admits(PEER, OWN)


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="needs Linux's /proc")
def test_a_connection_of_ones_own_is_admitted(listener):
    with socket.create_connection(listener.getsockname()) as client:
        accepted = listener.accept()[0]
        with accepted:
            assert admission().admits(Endpoint(*client.getsockname()), Endpoint(*accepted.getsockname()))


# Python's own files may be closed to nobody (65534): so it becomes that user after it has read them.
_STRANGER = """
import encodings.idna, os, socket, sys
os.setgid(65534); os.setuid(65534)
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs root, to start another user's process")
def test_another_users_process_is_not_admitted(listener):
    command = [sys.executable, "-c", _STRANGER, str(listener.getsockname()[1])]
    tables = (Path("/proc/self/net/tcp"),)
    with subprocess.Popen(command, stdin=subprocess.PIPE) as stranger:
        accepted, address = listener.accept()
        with accepted:
            peer, own = Endpoint(*address), Endpoint(*accepted.getsockname())
            assert not OwnerOnly(1000, tables).admits(peer, own)
            assert OwnerOnly(65534, tables).admits(peer, own)
        stranger.stdin.close()
