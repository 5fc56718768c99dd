"""Clients of one identity; whose calls arrive as whom is a matter for tests/contract."""

from types import SimpleNamespace

import pytest
from google.auth.credentials import AnonymousCredentials

from labkit.clients import Clients


@pytest.fixture
def clients():
    return Clients("class-7", "europe-west4", AnonymousCredentials())


def test_a_client_is_made_once_until_the_identity_changes(clients):
    first = clients.storage()

    assert clients.storage() is first

    clients.forget()
    assert clients.storage() is not first


def test_a_session_is_made_once_and_has_the_identity(clients):
    assert clients.session() is clients.session()
    assert isinstance(clients.session().credentials, AnonymousCredentials)


def test_a_machine_says_who_it_is_without_asking_the_network():
    machine = SimpleNamespace(refresh=lambda request: None, service_account_email="a@p.iam.gserviceaccount.com")

    assert Clients("class-7", "europe-west4", machine).whoami() == "a@p.iam.gserviceaccount.com"
