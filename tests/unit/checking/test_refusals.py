import pytest
from google.api_core import exceptions as api
from google.auth import exceptions as auth

from labkit.checking.refusals import as_verdict, blocked_by
from labkit.checking.verdict import Blocked, Failed


@pytest.mark.parametrize(
    "error",
    [
        api.ResourceExhausted("slow down"),
        api.TooManyRequests("slow down"),
        api.ServiceUnavailable("try later"),
        api.DeadlineExceeded("too slow"),
        api.RetryError("gave up", cause=None),
        api.Unauthenticated("who are you"),
        auth.TransportError("no route"),
        auth.RefreshError("expired"),
        auth.DefaultCredentialsError("none"),
        ConnectionResetError("reset"),
    ],
)
def test_what_the_cloud_does_blocks(error):
    assert isinstance(as_verdict(error), Blocked)


@pytest.mark.parametrize(
    "error", [api.NotFound("no such model"), api.PermissionDenied("may not"), api.Forbidden("may not")]
)
def test_what_a_student_can_mend_fails(error):
    assert isinstance(as_verdict(error), Failed)


@pytest.mark.parametrize("error", [KeyError("x"), api.InvalidArgument("bad name"), AttributeError("x")])
def test_what_only_the_checks_author_can_mend_is_no_verdict(error):
    assert as_verdict(error) is None


@pytest.mark.parametrize(
    "text",
    [
        "The following quota metrics exceed quota limits: aiplatform.googleapis.com/custom_model_training_cpus",
        "Resources are insufficient in region: us-central1. Try a different region or use a different accelerator.",
        "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS",
        "Constraint constraints/gcp.resourceLocations violated",
    ],
)
def test_a_shortage_or_a_policy_is_known_by_googles_words(text):
    assert blocked_by(text) is not None


def test_a_forbidden_call_that_is_a_quota_blocks():
    assert isinstance(as_verdict(api.Forbidden("Quota exceeded for quota metric 'Queries'")), Blocked)


def test_a_students_traceback_is_no_shortage():
    assert blocked_by("The replica workerpool0-0 exited with a non-zero status of 1.") is None
