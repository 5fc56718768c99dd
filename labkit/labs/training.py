"""Lab 06, "Train and serve": a bucket, a training job, a model, an endpoint, predictions, and nothing left that bills.

Every check asks the cloud; none only looks at the student's variables. The text is `solutions/06_training.py`, the
wrong answers are in `training_mistakes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.checking.answers import Answers
from labkit.checking.exercise import LabDefinition, exercise
from labkit.checking.refusals import blocked_by
from labkit.checking.verdict import Failed, Passed, Verdict
from labkit.labs import digits, endpoints
from labkit.labs import training_mistakes as mistakes
from labkit.labs.own_bucket import own_bucket

if TYPE_CHECKING:
    from labkit.cloud import Cloud

TRAIN_IMAGE = "labkit/torch-train:1"
SERVE_IMAGE = "labkit/torch-serve:1"
MODEL_FILE = "model.pt2"
GOOD_ACCURACY = 0.9

_LOG_LINES = 4  # Of a traceback, the line that failed and the exception.


@exercise(
    "bucket",
    points=2,
    hints=[
        "Two properties matter: where the bucket is, and how access to its objects is decided.",
        "`client.bucket(BUCKET)` makes only the Python object; set its `iam_configuration` before you create it.",
        "Set `uniform_bucket_level_access_enabled` to True, then `client.create_bucket(bucket, location=REGION)`.",
    ],
    wrong=mistakes.BUCKET,
)
def bucket(answers: Answers, cloud: Cloud) -> Verdict:
    """A bucket in the lab's region, with one kind of access rule."""
    found = own_bucket(answers, cloud)
    if not found.iam_configuration.uniform_bucket_level_access_enabled:
        return Failed(
            f"The bucket {found.name} is in the right region, but each object may carry an access list of its own.",
            "uniform bucket-level access: IAM alone decides",
            "Set bucket.iam_configuration.uniform_bucket_level_access_enabled = True, then bucket.patch().",
            earned=1,
        )
    return Passed(f"{found.name} is in {found.location.lower()}, and IAM alone decides who may read it.")


@exercise(
    "data",
    points=2,
    hints=[
        "Only the training part may go up: an image that training has seen says nothing about how well it learnt.",
        f"A network wants pixels from 0 to 1. The published ones go from 0 to {digits.BRIGHTEST}.",
        'Write the file with `write_csv`, then `bucket.blob("digits/train.csv")` and its `upload_from_filename`.',
    ],
    wrong=mistakes.DATA,
)
def data(answers: Answers, cloud: Cloud) -> Verdict:
    """The training part of the digits, scaled, as one CSV object."""
    expected = digits.split().training
    shape = f"a header, then {len(expected.labels)} rows of a label and {digits.PIXELS} pixels"
    name = answers.text("data")
    blob = cloud.storage().bucket(answers.text("bucket")).get_blob(name)
    if blob is None:
        return Failed(
            f"There is no object {name} in the bucket.",
            "the object, uploaded",
            "bucket.blob(…) only names it; data.upload_from_filename(…) sends it.",
        )
    try:
        found = digits.parse_csv(blob.download_as_bytes().decode(errors="replace"))
    except digits.NotACsv as problem:
        return Failed(str(problem), shape, "Write the file with write_csv, then upload it again.")
    return _compare(found, expected)


def _compare(found: digits.Digits, expected: digits.Digits) -> Verdict:
    if len(found.labels) > len(expected.labels):
        return Failed(
            f"The file has {len(found.labels)} images, the held-out ones among them.",
            f"the {len(expected.labels)} images of the training part",
            "Write train_x and train_y, not the whole data set: what training has seen cannot test it.",
        )
    if len(found.labels) < len(expected.labels) or found.labels != expected.labels:
        return Failed(
            f"The file has {len(found.labels)} images, and they are not those of the training part in its order.",
            f"the {len(expected.labels)} images of train_x with the labels of train_y",
            "Pass train_y and train_x to write_csv, as the split returned them.",
        )
    brightest = max(map(max, found.images))
    if brightest > 1:
        return Failed(
            f"The images are the right ones, but their brightest pixel is {brightest:g}.",
            "pixels from 0 to 1",
            f"Divide by {digits.BRIGHTEST} before writing: train_x / {digits.BRIGHTEST}.",
            earned=1,
        )
    if found.images != expected.images:
        return Failed(
            "The labels are right, but the pixels are not those of train_x.",
            f"train_x / {digits.BRIGHTEST}",
            "Pass train_x itself to write_csv, divided and otherwise unchanged.",
        )
    return Passed(f"{len(found.labels)} training images, scaled; the other {digits.HELD_OUT} stay unseen.")


@exercise(
    "job",
    points=3,
    hints=[
        "The script runs on another machine. The only paths both of you know are those in the bucket.",
        "In a job the bucket is a folder: gs://BUCKET/x is /gcs/BUCKET/x. Give the script `--data` and `--model-dir`.",
        "`base_output_dir` is where output belongs: with gs://BUCKET/digits, the model goes to gs://BUCKET/digits/model.",
        "A failed job says why in its log. Read it before you try again.",
    ],
    wrong=mistakes.JOB,
)
def job(answers: Answers, cloud: Cloud) -> Verdict:
    """A job on the course's image that succeeded and left its model in the bucket."""
    from google.cloud.aiplatform_v1.types import JobState

    found = cloud.jobs().get_custom_job(name=answers.resource("job", "customJobs"))
    if found.state == JobState.JOB_STATE_FAILED:
        headline = found.error.message.partition("\n")[0]
        log_end = _log_end(cloud, found.name)
        return blocked_by(headline) or Failed(
            f"The job failed: {headline}\nThe end of its log:\n{log_end}",
            "a job that ends with JOB_STATE_SUCCEEDED",
            f"{_cause(log_end)} Then submit a new job.",
        )
    if found.state != JobState.JOB_STATE_SUCCEEDED:
        return Failed(
            f"The job is in {found.state.name}.",
            "a job that ends with JOB_STATE_SUCCEEDED",
            "job.run() waits until it ends; then check again.",
        )
    pool = found.job_spec.worker_pool_specs[0]
    image = pool.container_spec.image_uri or pool.python_package_spec.executor_image_uri
    if not image.endswith(TRAIN_IMAGE):
        return Failed(
            f"The job ran in the image {image}.",
            f"the course's own image, …/{TRAIN_IMAGE}",
            "Pass container_uri=TRAIN_IMAGE.",
        )
    output = found.job_spec.base_output_directory.output_uri_prefix
    written = _model_written(cloud, output, found.create_time.timestamp())
    if not written:
        place = _model_folder(output) if output else "a base_output_dir"
        return Failed(
            f"The job succeeded, but it left no {MODEL_FILE} in {place}.",
            "the model, under the job's output directory",
            "The job's own disk is gone with it. Pass --model-dir under /gcs/BUCKET, and base_output_dir to match.",
            earned=1,
        )
    return Passed(f"The job succeeded and left {_model_folder(output)}/{MODEL_FILE}. {_accuracy(cloud, found.name)}")


def _model_folder(output: str) -> str:
    # Vertex AI's own rule: AIP_MODEL_DIR is <baseOutputDirectory>/model/ (custom_job.proto, base_output_directory).
    return f"{output.rstrip('/')}/model"


def _log_end(cloud: Cloud, job_name: str) -> str:
    printed = "\n".join(cloud.logs(job_name.rpartition("/")[2])).splitlines()
    return "\n".join(printed[-_LOG_LINES:]) or "(it printed nothing)"


def _cause(log_end: str) -> str:
    if "'gs:/" in log_end:
        return "`gs://` is no path for a script: in `args`, write `/gcs/BUCKET/...`."
    return "Mend the cause that the log names."


def _accuracy(cloud: Cloud, job_name: str) -> str:
    """What the log says of accuracy. Not required: on Google Cloud a log may arrive after the job's end."""
    lines = [line for line in cloud.logs(job_name.rpartition("/")[2]) if "accuracy=" in line]
    return f"The last accuracy in its log, on the training images: {lines[-1].strip()}" if lines else ""


def _model_written(cloud: Cloud, output: str, since: float) -> bool:
    """Whether the model's file is there, and not left over from before `since` (seconds since 1970)."""
    if not output:  # A job made without the SDK need not have one.
        return False
    bucket_name, _, prefix = _model_folder(output).removeprefix("gs://").partition("/")
    blob = cloud.storage().bucket(bucket_name).get_blob(f"{prefix}/{MODEL_FILE}")
    return blob is not None and blob.updated.timestamp() >= since


@exercise(
    "model",
    points=2,
    hints=[
        "A model in the registry is two things: the files that training left, and the image that can serve them.",
        "`artifact_uri` is the folder with the model file, as gs://, not the file itself.",
    ],
    wrong=mistakes.MODEL,
)
def model(answers: Answers, cloud: Cloud) -> Verdict:
    """The job's model in the registry, with the course's serving image."""
    found = cloud.models().get_model(name=answers.resource("model", "models"))
    trained = cloud.jobs().get_custom_job(name=answers.resource("job", "customJobs"))
    folder = _model_folder(trained.job_spec.base_output_directory.output_uri_prefix)
    if found.artifact_uri.rstrip("/") != folder:
        return Failed(
            f"The model's files are said to be in {found.artifact_uri or 'no folder at all'}.",
            f"{folder}, where your job left them",
            "Upload the model again with that artifact_uri, and delete this one.",
        )
    if not found.container_spec.image_uri.endswith(SERVE_IMAGE):
        return Failed(
            f"The model would be served by {found.container_spec.image_uri}.",
            f"the course's own image, …/{SERVE_IMAGE}, which knows how to load it",
            "Upload the model again with serving_container_image_uri=SERVE_IMAGE, and delete this one.",
            earned=1,
        )
    return Passed(f"Model {found.display_name!r}, version {found.version_id}: files and image fit together.")


@exercise(
    "endpoint",
    points=2,
    hints=[
        "An endpoint is an address. Behind it must stand a machine with your model, and it must be sent the traffic.",
        "`model.deploy(machine_type=…)` makes the endpoint, starts the machine and sends it all traffic, in one call.",
    ],
    wrong=mistakes.ENDPOINT,
)
def endpoint(answers: Answers, cloud: Cloud) -> Verdict:
    """The model, deployed, with all the traffic."""
    return endpoints.serves(
        cloud.endpoints().get_endpoint(name=answers.resource("endpoint", "endpoints")),
        model=answers.resource("model", "models"),
    )


@exercise(
    "predict",
    points=3,
    hints=[
        "Ask about test_x, all of it, in the scale that the model was trained on.",
        "`endpoint.predict(instances=…)` takes a list of lists: an array's `tolist()`.",
        'Each prediction is a dictionary; its "label" is the digit.',
    ],
    wrong=mistakes.PREDICT,
)
def predict(answers: Answers, cloud: Cloud) -> Verdict:
    """The endpoint's own labels for the held-out images, and an endpoint that is good at them."""
    held_out = digits.split().held_out
    labels = answers.integers("labels")
    name = answers.resource("endpoint", "endpoints")
    if len(labels) != len(held_out.labels):
        return Failed(
            f"labels has {len(labels)} entries.",
            f"one for each of the {len(held_out.labels)} held-out images",
            "Send all of test_x.",
        )
    try:
        answered = endpoints.predicted_labels(cloud.predictions(), name, held_out.images)
    except endpoints.NoAnswer as refusal:
        return Failed(
            str(refusal), "a label for each held-out image", 'Check "model" and "endpoint" again, in this order.'
        )
    return _compare_labels(cloud, name, labels, answered)


def _compare_labels(cloud: Cloud, endpoint: str, labels: tuple[int, ...], answered: tuple[int, ...]) -> Verdict:
    accuracy = _agreement(answered, digits.split().held_out.labels)
    if accuracy < GOOD_ACCURACY:
        return Failed(
            f"The endpoint is right for {accuracy:.1%} of the held-out images.",
            f"at least {GOOD_ACCURACY:.0%}",
            "Train longer (--epochs), then upload and deploy the new model.",
            earned=1,
        )
    if labels == answered:
        return Passed(f"The endpoint is right for {accuracy:.1%} of {len(labels)} images that training never saw.")
    return Failed(
        _difference(cloud, endpoint, labels, answered),
        "the endpoint's labels for test_x, scaled as in training, in its order",
        f"Send test_x / {digits.BRIGHTEST}, and keep what the endpoint says.",
        earned=1,
    )


def _difference(cloud: Cloud, endpoint: str, labels: tuple[int, ...], answered: tuple[int, ...]) -> str:
    """Why `labels` are not what the endpoint `answered`, as far as it can be told."""
    held_out = digits.split().held_out
    if labels == held_out.labels:
        return f"These are the true labels. The endpoint errs for {_differing(labels, answered)} of the images."
    unscaled = tuple(tuple(pixel * digits.BRIGHTEST for pixel in image) for image in held_out.images)
    if labels == endpoints.predicted_labels(cloud.predictions(), endpoint, unscaled):
        scale = f"pixels from 0 to {digits.BRIGHTEST}"
        return f"These are the answers for {scale}: {_differing(labels, answered)} differ, and no error warned you."
    return f"{_differing(labels, answered)} of your labels are not what the endpoint answers for these images."


def _differing(some: tuple[int, ...], others: tuple[int, ...]) -> int:
    return sum(one != other for one, other in zip(some, others, strict=True))


def _agreement(some: tuple[int, ...], others: tuple[int, ...]) -> float:
    return 1 - _differing(some, others) / len(others)


@exercise(
    "cleanup",
    points=2,
    hints=[
        "Work backwards: what is deployed on an endpoint keeps both the endpoint and the model from being deleted.",
        "`endpoint.undeploy_all()`, `endpoint.delete()`, `model.delete()`.",
    ],
    wrong=mistakes.CLEANUP,
)
def cleanup(answers: Answers, cloud: Cloud) -> Verdict:
    """No endpoint, no running job, no model of this lab. The bucket may stay: it costs next to nothing."""
    answers.flag("cleaned_up")
    return endpoints.nothing_left(cloud, SERVE_IMAGE)


LAB = LabDefinition(
    id="06_training",
    title="Train and serve",
    exercises=(bucket, data, job, model, endpoint, predict, cleanup),
    bills=(
        "one training job on n1-standard-4: about $0.22 an hour, for some 5 minutes",
        "one endpoint on n1-standard-4: about $0.22 an hour, day and night, until you delete it",
        "a bucket with less than 1 MB: less than a cent",
    ),
    services=("aiplatform.googleapis.com", "logging.googleapis.com", "storage.googleapis.com"),
)
