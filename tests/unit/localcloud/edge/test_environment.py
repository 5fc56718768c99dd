from pathlib import Path

import pytest

from labkit.localcloud.core.hosts import is_googles
from labkit.localcloud.edge import environment

ORIGINAL = {
    "PATH": "/bin",
    "SSL_CERT_FILE": "/company.pem",
    "SSL_CERT_DIR": "/certs",
    "HTTPS_PROXY": "http://proxy:3128",
}


def redirect(original, port=8700):
    return environment.redirect(original, port=port, bundle=Path("/b.pem"), gcloud_config=Path("/gcloud"))


def test_everything_a_client_reads_points_to_the_local_cloud():
    changed = redirect(ORIGINAL)

    assert changed["HTTPS_PROXY"] == changed["https_proxy"] == "http://127.0.0.1:8700"
    assert changed["GCE_METADATA_HOST"] == "127.0.0.1:8700"
    assert changed["REQUESTS_CA_BUNDLE"] == changed["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"] == str(Path("/b.pem"))
    assert changed["PATH"] == "/bin"


def test_variables_that_would_lead_past_it_are_removed():
    changed = redirect({**ORIGINAL, "GOOGLE_APPLICATION_CREDENTIALS": "/real.json", "NO_GCE_CHECK": "true"})

    assert not {"SSL_CERT_DIR", "GOOGLE_APPLICATION_CREDENTIALS", "NO_GCE_CHECK"} & set(changed)


def test_restoring_gives_back_what_was_there():
    assert environment.restore(redirect(ORIGINAL)) == ORIGINAL


def test_redirecting_twice_forgets_the_first_port_and_not_the_machines_own_values():
    twice = redirect(redirect(ORIGINAL, port=1), port=2)

    assert twice["HTTPS_PROXY"] == "http://127.0.0.1:2"
    assert environment.restore(twice) == ORIGINAL


def test_who_a_shell_is_on_the_local_cloud_stays_when_it_is_redirected_again():
    as_student = {**redirect(ORIGINAL), "GOOGLE_APPLICATION_CREDENTIALS": "/labkit/student.json"}

    assert redirect(as_student)["GOOGLE_APPLICATION_CREDENTIALS"] == "/labkit/student.json"
    assert environment.restore(redirect(as_student)) == ORIGINAL


def test_an_identity_on_google_cloud_is_not_taken_along_and_comes_back():
    original = {**ORIGINAL, "CLOUDSDK_CORE_ACCOUNT": "me@example.com", "GOOGLE_APPLICATION_CREDENTIALS": "/real.json"}

    assert not {"CLOUDSDK_CORE_ACCOUNT", "GOOGLE_APPLICATION_CREDENTIALS"} & set(redirect(redirect(original)))
    assert environment.restore(redirect(redirect(original))) == original


def test_the_machines_own_proxy_is_still_known():
    assert environment.upstream_proxy(redirect(ORIGINAL)) == "http://proxy:3128"
    assert environment.upstream_proxy(redirect({})) == ""


def test_a_company_bundle_is_trusted_further(tmp_path):
    company = tmp_path / "company.pem"
    company.write_text("pem")

    assert environment.trusted_roots(redirect({"SSL_CERT_FILE": str(company)}), Path("/fallback")) == company
    assert environment.trusted_roots({"SSL_CERT_FILE": "/gone.pem"}, Path("/fallback")) == Path("/fallback")


@pytest.mark.parametrize(
    "entry", ["*", "googleapis.com", ".googleapis.com", "*.googleapis.com", "storage.googleapis.com"]
)
def test_an_exception_for_googles_hosts_does_not_reach_google(entry):
    changed = redirect({"NO_PROXY": f"intranet.example,{entry}"})

    assert changed["NO_PROXY"].split(",")[3:] == ["intranet.example"]


@pytest.mark.parametrize(
    "host",
    [
        "storage.googleapis.com",
        "us-central1-aiplatform.googleapis.com",
        "metadata.google.internal",
        "accounts.google.com",
        "us-central1-docker.pkg.dev",
        "x-uc.a.run.app",
    ],
)
def test_googles_hosts_stay_on_this_machine(host):
    assert is_googles(host)


@pytest.mark.parametrize(
    "host", ["packages.example", "notgoogleapis.com", "googleapis.com.evil.example", "www.example.com"]
)
def test_other_hosts_are_not_touched(host):
    assert not is_googles(host)
