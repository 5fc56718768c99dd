import pytest

from labkit.localcloud.core.identity import ANONYMOUS, Principal
from labkit.localcloud.errors import ApiError
from labkit.localcloud.iam.members import Member, MemberKind, deleted_member, identities


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("user:student@example.com", MemberKind.USER),
        ("serviceAccount:trainer@labkit-student.iam.gserviceaccount.com", MemberKind.SERVICE_ACCOUNT),
        ("group:course@example.com", MemberKind.GROUP),
        ("domain:example.com", MemberKind.DOMAIN),
        ("allUsers", MemberKind.ALL_USERS),
        ("allAuthenticatedUsers", MemberKind.ALL_AUTHENTICATED_USERS),
        ("projectOwner:labkit-student", MemberKind.PROJECT_OWNER),
        ("principal://iam.googleapis.com/projects/1/locations/global/subject/s", MemberKind.PRINCIPAL),
        ("deleted:serviceAccount:a@p.iam.gserviceaccount.com?uid=1", MemberKind.DELETED),
    ],
)
def test_a_member_reads_back_as_it_was_written(text, kind):
    member = Member.parse(text)

    assert (member.kind, member.text) == (kind, text)


def test_an_address_is_kept_in_lower_case():
    assert Member.parse("user:Student@Example.COM").text == "user:student@example.com"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("student@example.com", 'must be of the form "<type>:<value>"'),
        ("user:", 'must be of the form "<type>:<value>"'),
        ("person:student@example.com", "is of an unknown type. Please set a valid type prefix"),
        ("allUsers:x", "is of an unknown type"),
        ("user:student", "User student does not exist."),
        ("group:a b@example.com", "Group a b@example.com does not exist."),
        ("domain:nowhere", "Domain nowhere does not exist."),
    ],
)
def test_what_names_nobody_is_refused(text, words):
    with pytest.raises(ApiError) as refused:
        Member.parse(text)

    assert words in refused.value.message


def test_a_user_is_also_of_its_domain_and_of_everyone():
    assert set(identities(Principal("student@example.com"))) == {
        "user:student@example.com",
        "domain:example.com",
        "allAuthenticatedUsers",
        "allUsers",
    }


def test_a_service_account_is_of_no_domain():
    email = "a@p.iam.gserviceaccount.com"

    assert set(identities(Principal(email))) == {f"serviceAccount:{email}", "allAuthenticatedUsers", "allUsers"}


def test_an_unknown_caller_is_only_one_of_all_users():
    assert identities(ANONYMOUS) == ("allUsers",)


def test_a_deleted_account_is_named_with_its_number():
    assert (
        deleted_member("a@b.iam.gserviceaccount.com", "7") == "deleted:serviceAccount:a@b.iam.gserviceaccount.com?uid=7"
    )
