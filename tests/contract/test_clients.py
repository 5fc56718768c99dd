"""labkit's own handling of identities, against the cloud that has to know them."""

import pytest
from google.auth.exceptions import RefreshError

from labkit import auth
from labkit.clients import Clients


@pytest.fixture
def owner(local_cloud):
    return Clients(local_cloud.project, local_cloud.region, auth.credentials(local_cloud, "student"))


def test_a_person_is_known_by_the_address_that_google_tells(owner):
    assert owner.whoami() == "student@example.com"


def test_an_owner_acts_as_an_account_only_with_the_role_that_makes_its_tokens(owner):
    iam = owner.service_accounts()
    account = iam.create_service_account(request={"name": f"projects/{owner.project}", "account_id": "acted-as"})

    with pytest.raises(RefreshError, match=r"iam\.serviceAccounts\.getAccessToken"):
        owner.acting_as(account.email)

    policy = iam.get_iam_policy(request={"resource": account.name})
    policy.bindings.add(role="roles/iam.serviceAccountTokenCreator", members=[f"user:{owner.whoami()}"])
    iam.set_iam_policy(request={"resource": account.name, "policy": policy})
    assert owner.acting_as(account.email).whoami() == account.email
