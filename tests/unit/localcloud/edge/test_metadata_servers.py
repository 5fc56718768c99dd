"""Real sockets on 127.0.0.1: a metadata server for each account that something runs as."""

import asyncio
from pathlib import Path

import httpx
import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.core.store import Store
from labkit.localcloud.edge.metadata import Machine, MetadataServer
from labkit.localcloud.edge.metadata_servers import MetadataServers
from labkit.localcloud.edge.peer import Everybody

TOKEN = "/computeMetadata/v1/instance/service-accounts/default/token"
FLAVOR = {"Metadata-Flavor": "Google"}


class Nobody:
    def admits(self, peer, own):
        return False


def protocols(application):
    settings = uvicorn.Config(application, lifespan="off", log_config=None)
    settings.load()
    state = ServerState()
    return lambda: HttpToolsProtocol(settings, state, app_state={})


@pytest.fixture
def run(identity, clock, tmp_path):
    """Runs a scenario with the servers of a project that has two accounts."""
    store = Store(tmp_path / "cloud.db")
    projects = Projects(store, clock, Ids(), default="labkit-student")
    projects.create("labkit-student")
    identity.accounts.create("labkit-student", "trainer")
    identity.accounts.create("labkit-student", "server")

    def run(scenario, admission):
        async def main():
            servers = MetadataServers(
                identity.accounts,
                projects,
                admission,
                server=lambda project, email: MetadataServer(
                    Machine(project, "us-central1-a", email), identity.issuer, clock
                ),
                protocols=protocols,
                gcloud_config=Path("/gcloud"),
            )
            try:
                await scenario(servers)
            finally:
                await servers.close()

        asyncio.run(main())

    yield run
    store.close()


def email(name):
    return f"{name}@labkit-student.iam.gserviceaccount.com"


async def get(address, path, **headers):
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"http://{address}{path}", headers={**FLAVOR, **headers})


def test_each_account_has_its_own_and_gives_its_own_tokens_only(run, identity):
    async def scenario(servers):
        for name in ("trainer", "server"):
            address = await servers.address(email(name))
            token = (await get(address, TOKEN)).json()["access_token"]
            assert identity.bearers.credential(token).principal.email == email(name)
        assert await servers.address(email("trainer")) != await servers.address(email("server"))
        assert (await get(address, TOKEN.replace("default", email("trainer")))).status_code == 404

    run(scenario, Everybody())


def test_the_server_of_an_account_is_started_once(run):
    async def scenario(servers):
        first, second = await asyncio.gather(servers.address(email("trainer")), servers.address(email("trainer")))
        assert first == second == await servers.address(email("trainer"))

    run(scenario, Everybody())


def test_a_processes_environment_leads_to_it(run):
    async def scenario(servers):
        variables = await servers.variables(email("trainer"))
        assert variables["GCE_METADATA_HOST"] == await servers.address(email("trainer"))
        assert variables["CLOUDSDK_CONFIG"] == str(Path("/gcloud/machines") / email("trainer"))

    run(scenario, Everybody())


@pytest.mark.parametrize("host", ["storage.googleapis.com", "rebound.example.com"])
def test_it_serves_nothing_but_metadata(run, host):
    async def scenario(servers):
        address = await servers.address(email("trainer"))
        assert (await get(address, TOKEN, host=host)).status_code == 403
        assert (await get(address, "/labkit/health")).status_code == 404

    run(scenario, Everybody())


def test_another_users_process_gets_nothing(run):
    async def scenario(servers):
        address = await servers.address(email("trainer"))
        assert (await get(address, TOKEN)).status_code == 403

    run(scenario, Nobody())
