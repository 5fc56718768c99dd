# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What a training job is made of
#
# Read this before or after the lab "Train and serve", and run every cell: there is nothing to fill in. The job trains nothing.
# It takes a second, so that you see the parts which every job has, and one job that fails on purpose.
#
# - **Time:** half a minute on the local cloud. On Google Cloud about 10 minutes, in which you wait for two machines.
# - **Cost:** nothing on the local cloud. On Google Cloud about 2 cents; the last cell deletes all that the lesson makes.

# %%
import time

import labkit
from google.cloud import aiplatform, logging, storage

lab = labkit.start("06_training")
PROJECT = lab.project
REGION = lab.region
BUCKET = lab.unique_name("lesson-06")
IMAGE = f"{REGION}-docker.pkg.dev/{PROJECT}/labkit/torch-train:1"

client = storage.Client(project=PROJECT)
bucket = client.lookup_bucket(BUCKET) or client.create_bucket(BUCKET, location=REGION)
aiplatform.init(project=PROJECT, location=REGION, staging_bucket=f"gs://{BUCKET}")

# %% [markdown]
# ## A script
#
# A job begins as a file that runs on your own machine too. This one prints the variables that Vertex AI sets for it, works
# for a second, and writes its result below `AIP_MODEL_DIR`. That variable holds a `gs://` address, which `open` does not
# understand; but in a job every bucket is also a folder below `/gcs/`, hence the `replace`.

# %% writefile="task.py"

# %% [markdown]
# ## A specification
#
# What you submit is a description: *which* script in *which* image, on *which* machine, with the output *where*.
# `from_local_script` packs the script, uploads it to the staging bucket, and writes the description for you; the `command` in
# it installs the packed script in the container and starts it. So far nothing runs, and nothing bills but the bucket.

# %%
job = aiplatform.CustomJob.from_local_script(
    display_name="lesson",
    script_path="task.py",
    container_uri=IMAGE,
    machine_type="n1-standard-4",
    base_output_dir=f"gs://{BUCKET}/lesson",
)
print(job.job_spec)

# %% [markdown]
# ## States
#
# `job.run()` submits and waits. `job.submit()` only submits, so you can watch. A job is *pending* while its machine is
# prepared, on Google Cloud for some minutes, then *running*, and ends as *succeeded*, *failed* or *cancelled*. A job that ended
# keeps its state; its machine and its disk are gone.

# %%
ENDED = {"JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED"}


def follow(job):
    """Prints each state once, and returns when the job has ended."""
    started, seen = time.monotonic(), None
    while seen not in ENDED:
        state = job.state.name
        if state != seen:
            print(f"{time.monotonic() - started:6.1f} s  {state}", flush=True)
            seen = state
        else:
            time.sleep(0.5)


job.submit()
follow(job)

# %% [markdown]
# ## The log
#
# What the script prints goes to **Cloud Logging**, together with what Vertex AI has to say of the job. It can arrive a little
# after the job has ended, so the code asks until the last line is there. Look for `AIP_MODEL_DIR`: it is `base_output_dir`
# with `model/` behind it.

# %%
log = logging.Client(project=PROJECT)


def text_of(entry):
    """What an entry says: plain text, or the message in a structured one."""
    return entry.payload if isinstance(entry.payload, str) else (entry.payload or {}).get("message", "")


def read_log(job, until, patience=90):
    """The lines of a job's log, once one of them contains `until`; what there is after `patience` seconds."""
    query = f'resource.type="ml_job" AND resource.labels.job_id="{job.name}"'
    deadline = time.monotonic() + patience
    while True:
        entries = log.list_entries(filter_=query, order_by=logging.ASCENDING)
        lines = [line for entry in entries for line in text_of(entry).splitlines()]
        if any(until in line for line in lines) or time.monotonic() > deadline:
            return lines
        time.sleep(1)


for line in read_log(job, until="wrote /gcs/"):
    print(line)

# %% [markdown]
# ## The result
#
# The file that the script wrote to `/gcs/…` is an object in the bucket. The other object is the script itself, packed: the
# machine fetched it from there. Nothing else is left of the job.

# %%
for blob in bucket.list_blobs():
    print(f"gs://{BUCKET}/{blob.name}  {blob.size} bytes")
print("the answer:", bucket.blob("lesson/model/answer.txt").download_as_text().strip())

# %% [markdown]
# ## A failure
#
# Most first jobs fail, often like this one. It has no script: a job can also name a *command* of the image, here one line of
# Python that opens a `gs://` address as if it were a file. `run()` raises a `RuntimeError`. Its first sentence says only
# *that* the process ended, and how; the reason is the traceback's last line, in the log. A job that fails has run, and bills.

# %%
broken = aiplatform.CustomJob(
    display_name="lesson-broken",
    worker_pool_specs=[
        {
            "machine_spec": {"machine_type": "n1-standard-4"},
            "replica_count": 1,
            "container_spec": {
                "image_uri": IMAGE,
                "command": ["python3", "-c"],
                "args": [f"open('gs://{BUCKET}/lesson/model/answer.txt')"],
            },
        }
    ],
)
try:
    broken.run()
except RuntimeError as error:
    print(f"\nCaught a {type(error).__name__}:", broken.error.message.partition("\n")[0])

reasons = [line for line in read_log(broken, until="Error:") if "Error:" in line]
print("The log says why:", reasons[0] if reasons else "not yet, ask again")

# %% [markdown]
# ## The price
#
# You pay for the time from *start* to *end*, not for the wait before. An `n1-standard-4` costs about 22 cents an hour. The
# times below are of the cloud you are on: on the local cloud seconds, which nobody bills; on Google Cloud a minute or two.

# %%
DOLLARS_PER_HOUR = 0.22
for each in (job, broken):
    seconds = (each.end_time - each.start_time).total_seconds()
    cents = 100 * DOLLARS_PER_HOUR * seconds / 3600
    print(f"{each.display_name}: {seconds:.1f} s, at Google Cloud's price {cents:.3f} cents")

# %% [markdown]
# ## Clean up
#
# A job that has ended bills nothing, but the list of jobs grows. The objects in the bucket do bill, if little.

# %%
job.delete()
broken.delete()
bucket.delete(force=True)  # `force` empties the bucket first.
