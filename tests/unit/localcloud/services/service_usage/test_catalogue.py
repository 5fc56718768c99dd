from labkit.localcloud.contract.apis import APIS
from labkit.localcloud.iam.service_agents import SERVICE_AGENTS
from labkit.localcloud.services.service_usage.catalogue import CATALOGUE, DEFAULTS, dependents, with_needs


def test_every_api_of_the_contract_can_be_enabled():
    assert {api.host for api in APIS} <= set(CATALOGUE)


def test_all_that_is_named_is_in_the_catalogue():
    assert set(DEFAULTS) <= set(CATALOGUE)
    assert {need for service in CATALOGUE.values() for need in service.needs} <= set(CATALOGUE)


def test_what_bills_is_off_in_a_new_project_but_for_cloud_storage():
    assert {name for name in DEFAULTS if CATALOGUE[name].billable} == {
        "storage.googleapis.com",
        "storage-api.googleapis.com",
    }


def test_what_a_service_needs_comes_before_it_and_knows_who_needs_it():
    assert with_needs(["notebooks.googleapis.com"]) == (
        "oslogin.googleapis.com",
        "compute.googleapis.com",
        "notebooks.googleapis.com",
    )
    assert dependents("oslogin.googleapis.com", CATALOGUE) == ("compute.googleapis.com", "notebooks.googleapis.com")
    assert dependents("oslogin.googleapis.com", ["oslogin.googleapis.com"]) == ()


def test_the_services_that_have_agents_and_can_be_enabled_are_the_ones_labs_use():
    assert {"aiplatform", "cloudbuild", "compute", "run"} <= {
        agent.service.partition(".")[0] for agent in SERVICE_AGENTS if agent.service in CATALOGUE
    }
