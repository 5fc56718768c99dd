import pytest

from labkit.localcloud.core.constraints import DISABLE_KEY_CREATION, AllowedValues, violated
from labkit.localcloud.errors import Code


@pytest.mark.parametrize(
    ("entry", "inside", "outside"),
    [
        ("us-central1", "US-CENTRAL1", "us-central2"),
        ("is:us", "US", "us-east1"),
        ("in:us-locations", "us-east1", "europe-west4"),
        ("in:us-locations", "US", "asia"),
        ("in:us-central1-locations", "us-central1-a", "us-central2"),
        ("in:eu-locations", "europe-west4", "europe-west2"),
        ("in:eu-locations", "EU", "europe-west6"),
        ("in:europe-locations", "europe-west2", "us-east1"),
    ],
)
def test_a_list_names_values_and_groups_of_locations(entry, inside, outside):
    allowed, denied = AllowedValues(allowed=frozenset({entry})), AllowedValues(denied=frozenset({entry}))

    assert (allowed.allows(inside), allowed.allows(outside)) == (True, False)
    assert (denied.allows(inside), denied.allows(outside)) == (False, True)


def test_nothing_allowed_is_not_the_same_as_no_restriction():
    assert AllowedValues().allows("anything")
    assert not AllowedValues(allowed=frozenset()).allows("anything")


def test_what_is_denied_is_not_allowed_by_a_wider_group():
    values = AllowedValues(frozenset({"in:us-locations"}), frozenset({"us-east1"}))

    assert values.allows("us-west1")
    assert not values.allows("us-east1")


def test_a_violation_names_its_constraint_in_the_details():
    error = violated(DISABLE_KEY_CREATION, "projects/p/serviceAccounts/a", "Key creation is not allowed.")

    assert error.code is Code.FAILED_PRECONDITION
    assert error.details[0]["violations"] == [
        {
            "type": "constraints/iam.disableServiceAccountKeyCreation",
            "subject": "projects/p/serviceAccounts/a",
            "description": "Key creation is not allowed.",
        }
    ]
