import pytest
from google.api_core.exceptions import FailedPrecondition
from google.cloud.aiplatform_v1.types import CustomJob, DeployedModel, Endpoint, JobState, Model

from labkit.labs import digits

PARENT = "projects/p/locations/us-central1"
MODEL = f"{PARENT}/models/1"
ENDPOINT = f"{PARENT}/endpoints/1"
SERVE_IMAGE = "us-central1-docker.pkg.dev/p/labkit/torch-serve:1"
TRUTH = dict(zip(digits.split().held_out.images, digits.split().held_out.labels, strict=True))


def endpoint(model=MODEL, share=100):
    deployed = [DeployedModel(id="7", model=model)] if model else []
    return Endpoint(name=ENDPOINT, display_name="digits", deployed_models=deployed, traffic_split={"7": share})


def right(image):
    """The truth; for pixels in another scale, a digit that is none."""
    return TRUTH.get(tuple(image), -1)


def never_right(image):
    return (right(image) + 1) % 10


@pytest.mark.parametrize(
    ("made", "outcome", "earned"),
    [(endpoint(), "passed", 2), (endpoint(share=0), "failed", 1), (endpoint(model=""), "failed", 0)],
)
def test_an_endpoint_must_send_all_traffic_to_the_model(judge, cloud, made, outcome, earned):
    result = judge("endpoint", endpoint=cloud.add(made), model=MODEL)

    assert (result.outcome, result.earned) == (outcome, earned)


def test_an_endpoint_with_another_model_fails(judge, cloud):
    cloud.add(endpoint(model=f"{PARENT}/models/2"))

    assert "serves projects/p/locations/us-central1/models/2" in judge("endpoint", endpoint=ENDPOINT, model=MODEL).text


def test_a_good_endpoint_and_its_own_labels_pass_with_the_accuracy_measured(judge, cloud):
    cloud.add(endpoint())
    wrong_for = digits.split().held_out.images[:18]
    cloud.answer = lambda image: never_right(image) if tuple(image) in wrong_for else right(image)
    labels = [cloud.answer(image) for image in digits.split().held_out.images]

    result = judge("predict", endpoint=ENDPOINT, labels=labels)

    assert result.outcome == "passed"
    assert "95.0%" in result.text


def test_a_poor_endpoint_fails_whatever_the_student_says(judge, cloud):
    cloud.add(endpoint())
    cloud.answer = never_right

    result = judge("predict", endpoint=ENDPOINT, labels=list(digits.split().held_out.labels))

    assert (result.outcome, result.earned) == ("failed", 1)
    assert "0.0%" in result.text


def test_labels_that_are_not_the_endpoints_fail(judge, cloud):
    cloud.add(endpoint())
    cloud.answer = right
    labels = [(label + 1) % 10 if number < 5 else label for number, label in enumerate(digits.split().held_out.labels)]

    assert "5 of your labels" in judge("predict", endpoint=ENDPOINT, labels=labels).text


def test_true_labels_are_known_as_such(judge, cloud):
    cloud.add(endpoint())
    wrong_for = digits.split().held_out.images[0]
    cloud.answer = lambda image: never_right(image) if tuple(image) == wrong_for else right(image)

    result = judge("predict", endpoint=ENDPOINT, labels=list(digits.split().held_out.labels))

    assert "The endpoint errs for 1 of the images" in result.text


def test_answers_for_unscaled_pixels_are_known_as_such(judge, cloud):
    cloud.add(endpoint())
    cloud.answer = lambda image: 0 if max(image) > 1 else right(image)

    assert "for pixels from 0 to 16" in judge("predict", endpoint=ENDPOINT, labels=[0] * 360).text


def refuse(image):
    raise FailedPrecondition("The endpoint has no deployed models.")


@pytest.mark.parametrize(("answer", "found"), [(refuse, "no deployed models"), (lambda image: "seven", "has no label")])
def test_an_endpoint_that_gives_no_labels_fails_and_is_quoted(judge, cloud, answer, found):
    cloud.add(endpoint())
    cloud.answer = answer

    result = judge("predict", endpoint=ENDPOINT, labels=[0] * 360)

    assert result.outcome == "failed"
    assert found in result.text


def test_an_endpoint_that_is_gone_fails(judge):
    assert judge("predict", endpoint=ENDPOINT, labels=[0] * 360).outcome == "failed"


def test_cleanup_passes_when_nothing_that_bills_is_left(judge):
    assert judge("cleanup", cleaned_up=True).outcome == "passed"


@pytest.mark.parametrize(
    ("left", "problem", "earned"),
    [
        (endpoint(), "bills every hour", 0),
        (endpoint(model=""), "the endpoint is empty", 0),
        (Model(name=MODEL, display_name="digits", container_spec={"image_uri": SERVE_IMAGE}), "in the registry", 1),
        (
            CustomJob(name=f"{PARENT}/customJobs/1", display_name="digits", state=JobState.JOB_STATE_RUNNING),
            "still at work",
            0,
        ),
    ],
)
def test_cleanup_names_what_is_left(judge, cloud, left, problem, earned):
    cloud.add(left)

    result = judge("cleanup", cleaned_up=True)

    assert (result.outcome, result.earned) == ("failed", earned)
    assert "'digits'" in result.text
    assert problem in result.text


def test_a_job_that_ended_and_another_labs_model_may_stay(judge, cloud):
    cloud.add(CustomJob(name=f"{PARENT}/customJobs/1", state=JobState.JOB_STATE_SUCCEEDED))
    cloud.add(Model(name=MODEL, container_spec={"image_uri": "another:1"}))

    assert judge("cleanup", cleaned_up=True).outcome == "passed"
