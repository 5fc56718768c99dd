"""The mistakes students make in lab 06, as code: `labkit verify` runs each, and each must get its own message."""

from __future__ import annotations

from labkit.checking.exercise import WrongAnswer

BUCKET = (
    WrongAnswer(
        "other_region",
        code="""
            bucket = client.bucket(BUCKET)
            bucket.iam_configuration.uniform_bucket_level_access_enabled = True
            bucket = client.create_bucket(bucket, location="europe-west4")
        """,
        message="is in EUROPE-WEST4",
        undo="bucket.delete()",
    ),
    WrongAnswer(
        "access_lists",
        code="bucket = client.create_bucket(BUCKET, location=REGION)",
        message="an access list of its own",
        undo="bucket.delete()",
    ),
    WrongAnswer("never_created", code="bucket = client.bucket(BUCKET)", message="There is no bucket"),
)

_UPLOAD = """
data = bucket.blob("digits/train.csv")
data.upload_from_filename("train.csv")
"""

DATA = (
    WrongAnswer(
        "held_out_too",
        code=f'write_csv("train.csv", digits.target, digits.data / 16)\n{_UPLOAD}',
        message="the held-out ones among them",
    ),
    WrongAnswer(
        "not_scaled",
        code=f'write_csv("train.csv", train_y, train_x)\n{_UPLOAD}',
        message="their brightest pixel is 16",
    ),
    WrongAnswer(
        "no_header",
        code=(
            "import numpy\n"
            'numpy.savetxt("train.csv", numpy.column_stack([train_y, train_x / 16]), delimiter=",", fmt="%g")\n'
            f"{_UPLOAD}"
        ),
        message="is no header",
    ),
    WrongAnswer(
        "no_labels",
        code=(
            "import numpy\n"
            'header = ",".join(f"pixel_{n}" for n in range(64))\n'
            'numpy.savetxt("train.csv", train_x / 16, delimiter=",", fmt="%g", header=header, comments="")\n'
            f"{_UPLOAD}"
        ),
        message="have 64 columns",
    ),
    WrongAnswer(
        "wrong_labels",
        code=f'write_csv("train.csv", train_y[::-1], train_x / 16)\n{_UPLOAD}',
        message="not those of the training part",
    ),
    WrongAnswer(
        "never_uploaded",
        code='write_csv("train.csv", train_y, train_x / 16)\ndata = bucket.blob("digits/digits.csv")',
        message="There is no object digits/digits.csv",
    ),
)


def _job(args: str, *, image: str = "TRAIN_IMAGE", run: str = "job.run()") -> str:
    return f"""
        job = aiplatform.CustomJob.from_local_script(
            display_name="digits-train",
            script_path="train.py",
            container_uri={image},
            args={args},
            machine_type="n1-standard-4",
            base_output_dir=f"gs://{{BUCKET}}/digits",
        )
        {run}
    """


JOB = (
    WrongAnswer(
        "gs_path",
        code=_job('["--data", f"gs://{BUCKET}/digits/train.csv", "--model-dir", f"/gcs/{BUCKET}/digits/model"]'),
        message="No such file or directory: 'gs:/",
    ),
    WrongAnswer(
        "model_left_on_the_machine",
        code=_job('["--data", f"/gcs/{BUCKET}/digits/train.csv", "--epochs", "1"]'),
        message="it left no model.pt2",
    ),
    WrongAnswer(
        "never_submitted",
        code=_job('["--data", f"/gcs/{BUCKET}/digits/train.csv"]', run=""),
        message="has not been created in the cloud",
    ),
)


def _upload(folder: str, image: str) -> str:
    return f"""
        model = aiplatform.Model.upload(
            display_name="digits",
            artifact_uri=f"gs://{{BUCKET}}/{folder}",
            serving_container_image_uri={image},
        )
    """


MODEL = (
    WrongAnswer(
        "wrong_folder",
        code=_upload("digits", "SERVE_IMAGE"),
        message="files are said to be in",
        undo="model.delete()",
    ),
    WrongAnswer(
        "ready_made_image",
        code=_upload("digits/model", '"us-docker.pkg.dev/vertex-ai/prediction/pytorch-cpu.2-4:latest"'),
        message="would be served by",
        undo="model.delete()",
    ),
)

ENDPOINT = (
    WrongAnswer(
        "never_deployed",
        code='endpoint = aiplatform.Endpoint.create(display_name="digits")',
        message="no model is deployed on it",
        undo="endpoint.delete()",
    ),
    WrongAnswer(
        "no_traffic",
        # As `gcloud ai endpoints deploy-model` does without --traffic-split; the SDK's deploy() always gives traffic.
        code="""
            endpoint = aiplatform.Endpoint.create(display_name="digits")
            machine = {"machine_spec": {"machine_type": "n1-standard-4"}, "min_replica_count": 1}
            endpoint.api_client.deploy_model(
                endpoint=endpoint.resource_name,
                deployed_model={"model": model.resource_name, "dedicated_resources": machine},
            ).result()
        """,
        message="gets 0 % of the traffic",
        undo="endpoint.undeploy_all(); endpoint.delete()",
    ),
)

PREDICT = (
    WrongAnswer(
        "ten_images",
        code="""
            reply = endpoint.predict(instances=(test_x[:10] / 16).tolist())
            labels = [int(prediction["label"]) for prediction in reply.predictions]
        """,
        message="labels has 10 entries",
    ),
    WrongAnswer("true_labels", code="labels = test_y.tolist()", message="These are the true labels"),
    WrongAnswer(
        "not_scaled",
        code="""
            reply = endpoint.predict(instances=test_x.tolist())
            labels = [int(prediction["label"]) for prediction in reply.predictions]
        """,
        message="the answers for pixels from 0 to 16",
    ),
    WrongAnswer(
        "other_order",
        code="""
            reply = endpoint.predict(instances=(test_x[::-1] / 16).tolist())
            labels = [int(prediction["label"]) for prediction in reply.predictions]
        """,
        message="are not what the endpoint answers",
    ),
    WrongAnswer(
        "whole_predictions",
        code="labels = endpoint.predict(instances=(test_x / 16).tolist()).predictions",
        message="an item of labels is of type dict",
    ),
)

CLEANUP = (
    WrongAnswer("nothing_deleted", code="cleaned_up = True", message="a model is still deployed"),
    WrongAnswer(
        "endpoint_left",
        code="endpoint.undeploy_all()\ncleaned_up = True",
        message="the endpoint is empty",
        undo='model.deploy(endpoint=endpoint, machine_type="n1-standard-4", traffic_percentage=100)',
    ),
    WrongAnswer(
        "model_left",
        code="endpoint.undeploy_all()\nendpoint.delete()\ncleaned_up = True",
        message="still in the registry",
        undo='endpoint = model.deploy(machine_type="n1-standard-4")',
    ),
)
