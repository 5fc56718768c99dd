"""Handshakes in memory, between Python's own TLS client and the server's context."""

import contextlib
import os
import ssl
import stat
from types import SimpleNamespace

import pytest
import trustme

from labkit.localcloud.edge.certificates import Certificates

COMPANY = trustme.CA(organization_name="company")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "tls"


@pytest.fixture
def certificates(folder):
    made = Certificates(folder)
    made.write_bundle(COMPANY.cert_pem.bytes().decode())
    return made


def client(certificates, *, protocols=("http/1.1",), verify=True):
    context = ssl.create_default_context(cafile=certificates.bundle)
    context.check_hostname = verify
    context.set_alpn_protocols(protocols)
    return context


def connect(context, server_context, name):
    """The client's end of a finished handshake; raises ssl.SSLError where there is none."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server) * 3:
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
    return client


def names(connection):
    return {name for _, name in connection.getpeercert()["subjectAltName"]}


@pytest.mark.parametrize(
    ("host", "zone"),
    [
        ("storage.googleapis.com", "googleapis.com"),
        ("us-central1-aiplatform.googleapis.com", "googleapis.com"),
        ("Storage.GoogleApis.com", "googleapis.com"),
        ("us-central1-docker.pkg.dev", "pkg.dev"),
        ("digits-abc.a.run.app", "a.run.app"),
        ("oauth2.mtls.googleapis.com", "mtls.googleapis.com"),
    ],
)
def test_the_certificate_is_chosen_by_the_name_the_client_asks_for(certificates, host, zone):
    connection = connect(client(certificates), certificates.server_context(), host)

    assert names(connection) == {zone, f"*.{zone}"}


def test_a_client_that_asks_for_no_name_gets_the_usual_certificate(certificates):
    connection = connect(client(certificates, verify=False), certificates.server_context(), None)

    assert names(connection) == {"googleapis.com", "*.googleapis.com"}


@pytest.mark.parametrize(
    ("offered", "chosen"), [(["h2", "http/1.1"], "http/1.1"), (["h2"], "h2"), (["http/1.1"], "http/1.1")]
)
def test_whoever_can_speak_http_1_does(certificates, offered, chosen):
    context = client(certificates, protocols=offered)

    connection = connect(context, certificates.server_context(), "storage.googleapis.com")

    assert connection.selected_alpn_protocol() == chosen


def test_a_client_with_the_machines_own_roots_only_does_not_trust_it(certificates):
    context = ssl.create_default_context()

    with pytest.raises(ssl.SSLCertVerificationError):
        connect(context, certificates.server_context(), "storage.googleapis.com")


def test_the_bundle_holds_the_machines_roots_and_ours(certificates):
    trusted = ssl.create_default_context(cafile=certificates.bundle).get_ca_certs()

    organizations = {dict(pair for (pair,) in root["subject"])["organizationName"] for root in trusted}
    assert organizations == {"company", "labkit local cloud"}


def test_a_kernel_that_read_the_bundle_still_trusts_the_cloud_after_a_restart(certificates, folder):
    context = client(certificates)

    connection = connect(context, Certificates(folder).server_context(), "us-docker.pkg.dev")

    assert names(connection) == {"pkg.dev", "*.pkg.dev"}


def test_a_certificate_is_made_once(certificates, folder):
    connect(client(certificates), certificates.server_context(), "us-docker.pkg.dev")
    made = (folder / "pkg.dev.pem").read_bytes()

    connect(client(certificates), Certificates(folder).server_context(), "us-docker.pkg.dev")

    assert (folder / "pkg.dev.pem").read_bytes() == made


def test_an_authority_that_lost_its_key_is_replaced_with_all_it_signed(certificates, folder):
    certificates.server_context()
    (folder / "authority.key").unlink()

    again = Certificates(folder)
    again.write_bundle("")

    assert connect(client(again), again.server_context(), "storage.googleapis.com").getpeercert()


def test_every_file_is_its_owners_alone_whatever_the_umask(folder):
    before = os.umask(0)
    try:
        certificates = Certificates(folder)
        certificates.write_bundle("")
        certificates.server_context()
    finally:
        os.umask(before)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == dict.fromkeys(("authority.key", "authority.pem", "bundle.pem", "googleapis.com.pem"), 0o600)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "name",
    [
        "x.authority",
        "x.bundle",
        "www.example.com",
        "localhost",
        "../../../tmp/x.googleapis.com",
        "x./etc/passwd.googleapis.com",
        "x.a\0b.googleapis.com",
        f"{'x.' * 120}googleapis.com",
        "",
    ],
)
def test_a_hostile_name_writes_no_file_and_gets_the_usual_certificate(certificates, folder, name):
    context = certificates.server_context()
    before = sorted(folder.parent.rglob("*"))
    connection = SimpleNamespace(context=None)

    context.sni_callback(connection, name, context)

    assert connection.context is context
    assert sorted(folder.parent.rglob("*")) == before
