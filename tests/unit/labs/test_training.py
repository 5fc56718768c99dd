from datetime import timedelta

import pytest
from google.cloud.aiplatform_v1.types import CustomJob, JobState, Model
from google.rpc.status_pb2 import Status

from labkit.labs import digits
from labkit.labs.training import LAB

PARENT = "projects/p/locations/us-central1"
IMAGES = "us-central1-docker.pkg.dev/p/labkit"


def custom_job(created, state=JobState.JOB_STATE_SUCCEEDED, image=f"{IMAGES}/torch-train:1", error=""):
    return CustomJob(
        name=f"{PARENT}/customJobs/1",
        display_name="digits-train",
        state=state,
        create_time=created,
        error=Status(message=error) if error else None,
        job_spec={
            "worker_pool_specs": [{"container_spec": {"image_uri": image}}],
            "base_output_directory": {"output_uri_prefix": "gs://p-digits/digits"},
        },
    )


def uploaded_model(folder="digits/model", image=f"{IMAGES}/torch-serve:1"):
    return Model(
        name=f"{PARENT}/models/1",
        display_name="digits",
        artifact_uri=f"gs://p-digits/{folder}",
        container_spec={"image_uri": image},
    )


@pytest.fixture
def now(cloud):
    cloud.buckets["p-digits"].put("clock")
    return cloud.buckets["p-digits"].get_blob("clock").updated


def test_every_exercise_is_in_the_lab_and_the_points_add_up():
    names = [exercise.name for exercise in LAB.exercises]

    assert names == ["bucket", "data", "job", "model", "endpoint", "predict", "cleanup"]
    assert LAB.points == 16


def test_nothing_is_attempted_at_the_start(judge):
    outcomes = {exercise.name: judge(exercise.name, bucket=...).outcome for exercise in LAB.exercises}

    assert set(outcomes.values()) == {"not attempted"}, outcomes


def test_a_bucket_that_does_not_exist_fails(judge):
    assert "There is no bucket p-nothing" in judge("bucket", bucket="p-nothing").text


def test_a_bucket_in_the_region_that_iam_alone_guards_passes(judge):
    assert judge("bucket").outcome == "passed"


def test_a_bucket_with_access_lists_earns_half(judge, cloud):
    cloud.buckets["p-digits"].iam_configuration.uniform_bucket_level_access_enabled = False

    assert judge("bucket").earned == 1


def test_a_bucket_elsewhere_earns_nothing(judge, cloud):
    cloud.buckets["p-digits"].location = "EU"

    assert (judge("bucket").outcome, judge("bucket").earned) == ("failed", 0)


def test_a_job_that_still_runs_is_not_done(judge, cloud, now):
    name = cloud.add(custom_job(now, state=JobState.JOB_STATE_RUNNING))

    result = judge("job", job=name)

    assert result.outcome == "failed"
    assert "JOB_STATE_RUNNING" in result.text


def test_a_job_that_found_no_machine_is_blocked_not_failed(judge, cloud, now):
    words = "Resources are insufficient in region: us-central1. Try a different region or use a different accelerator."
    name = cloud.add(custom_job(now, state=JobState.JOB_STATE_FAILED, error=words))

    assert judge("job", job=name).outcome == "blocked"


def test_a_failed_job_shows_the_end_of_its_log(judge, cloud, now):
    words = "The replica workerpool0-0 exited with a non-zero status of 1."
    name = cloud.add(custom_job(now, state=JobState.JOB_STATE_FAILED, error=words))
    cloud.log = ["epoch=1", "Traceback (most recent call last):\n  File ...\nFileNotFoundError: 'gs:/x'"]

    text = judge("job", job=name).text

    assert words in text
    assert "FileNotFoundError: 'gs:/x'" in text


def test_a_job_that_succeeded_is_told_what_its_log_says_of_accuracy(judge, cloud, now):
    cloud.buckets["p-digits"].put("digits/model/model.pt2")
    cloud.log = ["epoch=1 loss=2 accuracy=0.5", "epoch=2 loss=1 accuracy=0.9", "saved"]

    assert "epoch=2 loss=1 accuracy=0.9" in judge("job", job=cloud.add(custom_job(now))).text


def test_a_job_in_another_image_fails(judge, cloud, now):
    name = cloud.add(custom_job(now, image="python:3.11"))

    assert "ran in the image python:3.11" in judge("job", job=name).text


def test_a_job_without_an_output_directory_fails(judge, cloud, now):
    job = custom_job(now)
    job.job_spec.base_output_directory.output_uri_prefix = ""

    assert "left no model.pt2 in a base_output_dir" in judge("job", job=cloud.add(job)).text


def test_a_model_from_an_earlier_job_does_not_count(judge, cloud, now):
    name = cloud.add(custom_job(now))
    cloud.buckets["p-digits"].put("digits/model/model.pt2", updated=now - timedelta(minutes=1))

    assert "left no model.pt2" in judge("job", job=name).text

    cloud.buckets["p-digits"].put("digits/model/model.pt2", updated=now + timedelta(minutes=1))
    assert judge("job", job=name).outcome == "passed"


def test_a_model_passes_with_the_jobs_folder_with_or_without_a_slash(judge, cloud, now):
    job = cloud.add(custom_job(now))

    for folder in ("digits/model", "digits/model/"):
        assert judge("model", job=job, model=cloud.add(uploaded_model(folder))).outcome == "passed"


def test_a_model_in_another_image_earns_half(judge, cloud, now):
    job = cloud.add(custom_job(now))
    result = judge("model", job=job, model=cloud.add(uploaded_model(image="tf:1")))

    assert (result.outcome, result.earned) == ("failed", 1)


def test_a_file_that_is_no_text_at_all_fails(judge, cloud):
    cloud.buckets["p-digits"].put("digits/train.csv", "\x89PNG\r\n\xff\xfe")

    assert judge("data", data="digits/train.csv").outcome == "failed"


def test_a_csv_in_another_notation_passes(judge, cloud):
    training = digits.split().training
    rows = "\n".join(
        ",".join([f"{label:.1f}", *(f"{pixel:.6e}" for pixel in image)])
        for label, image in zip(training.labels, training.images, strict=True)
    )
    cloud.buckets["p-digits"].put("digits/train.csv", "label" + ",p" * 64 + "\n" + rows)

    assert judge("data", data="digits/train.csv").outcome == "passed"
