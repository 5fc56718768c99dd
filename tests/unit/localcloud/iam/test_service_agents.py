from labkit.localcloud.iam.service_agents import SERVICE_AGENTS, agents_of, is_service_agent


def test_an_api_brings_its_agents_with_the_number_of_the_project():
    assert [(agent.email("7"), agent.role) for agent in agents_of("aiplatform.googleapis.com")] == [
        ("service-7@gcp-sa-aiplatform.iam.gserviceaccount.com", "roles/aiplatform.serviceAgent"),
        ("service-7@gcp-sa-aiplatform-cc.iam.gserviceaccount.com", "roles/aiplatform.customCodeServiceAgent"),
    ]
    assert agents_of("iam.googleapis.com") == ()


def test_every_agent_has_a_role_there_is_and_an_address_that_is_known(predefined):
    for agent in SERVICE_AGENTS:
        assert predefined.find(agent.role) is not None
        assert is_service_agent(agent.email("123"))


def test_an_account_of_a_project_is_no_agent():
    assert not is_service_agent("trainer@labkit-student.iam.gserviceaccount.com")
    assert not is_service_agent("service-x@gcp-sa-aiplatform.iam.gserviceaccount.com")
