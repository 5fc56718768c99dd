"""From facts to what a person reads: who they are, what is missing, the one command that mends it."""

from dataclasses import replace

import pytest

from labkit.auth.adc import Kind
from labkit.auth.whoami import Facts, describe

ME = "me@example.com"
ROBOT = "trainer@class-7.iam.gserviceaccount.com"
WELL = Facts(
    cloud="google",
    lab_project="class-7",
    kind=Kind.USER,
    account=ME,
    origin="/home/me/.config/gcloud/application_default_credentials.json",
    project="class-7",
    quota_project="class-7",
    has_gcloud=True,
    gcloud_account=ME,
)


def command(**changes):
    problem = describe(replace(WELL, **changes)).problem
    return problem.command if problem else None


def test_where_all_is_well_nothing_is_to_be_done():
    assert command() is None
    assert str(describe(WELL)) == (
        "You are me@example.com on Google Cloud: a user.\n"
        "  from     /home/me/.config/gcloud/application_default_credentials.json\n"
        "  project  class-7\n"
        "  quota    class-7\n"
        "  gcloud   me@example.com"
    )


@pytest.mark.parametrize(
    ("changes", "mends"),
    [
        ({"kind": Kind.NOBODY, "origin": ""}, "gcloud auth application-default login"),
        (
            {"kind": Kind.NOBODY, "origin": "GOOGLE_APPLICATION_CREDENTIALS: /x", "refusal": "/x cannot be read."},
            "unset GOOGLE_APPLICATION_CREDENTIALS",
        ),
        ({"refusal": "invalid_grant: Bad Request"}, "gcloud auth application-default login"),
        (
            {"kind": Kind.IMPERSONATED, "account": ROBOT, "via": ME, "refusal": "Unable to acquire"},
            f"gcloud iam service-accounts add-iam-policy-binding {ROBOT} --member=user:{ME} "
            "--role=roles/iam.serviceAccountTokenCreator",
        ),
        (
            {"kind": Kind.KEY, "account": ROBOT, "refusal": "invalid_grant: Invalid JWT Signature."},
            f"gcloud iam service-accounts describe {ROBOT}",
        ),
        ({"lab_project": "", "project": ""}, "gcloud config set project YOUR_PROJECT_ID"),
        ({"quota_project": ""}, "gcloud auth application-default set-quota-project class-7"),
        ({"gcloud_account": "other@example.com"}, f"gcloud auth login {ME}"),
        ({"gcloud_account": "other@example.com", "cloud": "local"}, f"gcloud config set account {ME}"),
    ],
    ids=str,
)
def test_what_is_missing_has_one_command_that_mends_it(changes, mends):
    assert command(**changes) == mends
    assert f"  Run: {mends}" in str(describe(replace(WELL, **changes)))


def test_the_most_pressing_problem_comes_first():
    assert command(refusal="expired", quota_project="", gcloud_account="") == "gcloud auth application-default login"


@pytest.mark.parametrize(
    "changes",
    [
        {"has_gcloud": False, "gcloud_account": ""},
        {"account": ""},  # A file that does not say whose it is cannot be compared.
        {"kind": Kind.MACHINE, "quota_project": ""},
        {"cloud": "local", "quota_project": ""},
    ],
    ids=str,
)
def test_what_is_no_problem_is_not_called_one(changes):
    assert command(**changes) is None


def test_who_impersonates_is_said():
    text = str(describe(replace(WELL, kind=Kind.IMPERSONATED, account=ROBOT, gcloud_account=ROBOT, via=ME)))

    assert f"You are {ROBOT} on Google Cloud: a service account, impersonated." in text
    assert f"  through  {ME}, who may impersonate it" in text


def test_that_gcloud_is_somebody_else_is_seen_in_its_row():
    assert "  gcloud   other@example.com, which is somebody else" in str(
        describe(replace(WELL, gcloud_account="other@example.com"))
    )


def test_a_notebook_shows_the_same_and_escapes_it():
    page = describe(replace(WELL, kind=Kind.NOBODY, origin="GOOGLE_APPLICATION_CREDENTIALS: <x>", refusal="<b>"))

    assert "<td>GOOGLE_APPLICATION_CREDENTIALS: &lt;x&gt;</td>" in page._repr_html_()
    assert "Missing: &lt;b&gt;<br>Run: <code>unset GOOGLE_APPLICATION_CREDENTIALS</code>" in page._repr_html_()
