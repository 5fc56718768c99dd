import pytest

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.projects import Project
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.vertex.acting import Acting, serving_account, training_account
from tests.fakes import GrantedAccess

TRAINER = "trainer@student.iam.gserviceaccount.com"
HOST = "us-central1-aiplatform.googleapis.com"
METHOD = Registry().method("/google.cloud.aiplatform.v1.JobService/CreateCustomJob", HOST)


class Directory:
    def exists(self, email):
        return email == TRAINER

    def email_of(self, unique_id):
        return ""


def require(email, *granted):
    access = GrantedAccess(only={("iam.serviceAccounts.actAs", f"projects/-/serviceAccounts/{of}") for of in granted})
    Acting(Directory()).require(Context(METHOD, Principal("student@example.com"), HOST, access), email)
    return access


def test_who_may_act_as_an_account_may_run_a_job_as_it():
    require(TRAINER, TRAINER)


def test_vertex_ais_own_agent_needs_no_permission():
    assert require("").asked == []


@pytest.mark.parametrize(
    ("email", "granted"),
    [(TRAINER, ()), ("nobody@student.iam.gserviceaccount.com", ("nobody@student.iam.gserviceaccount.com",))],
    ids=["no permission", "no account"],
)
def test_anything_else_is_an_invalid_argument_as_on_google_cloud(email, granted):
    with pytest.raises(ApiError, match=f"You do not have permission to act as service_account: {email}") as refused:
        require(email, *granted)

    assert refused.value.code is Code.INVALID_ARGUMENT


def test_an_account_that_is_named_is_the_one():
    project = Project("student", "42")

    assert training_account(TRAINER, project) == serving_account(TRAINER, project) == TRAINER


def test_training_and_serving_have_agents_of_their_own():
    project = Project("student", "42")

    assert training_account("", project) == "service-42@gcp-sa-aiplatform-cc.iam.gserviceaccount.com"
    assert serving_account("", project) == "service-42@gcp-sa-aiplatform.iam.gserviceaccount.com"
