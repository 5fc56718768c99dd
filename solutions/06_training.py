# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Train and serve
#
# You train a small network on **handwritten digits**, on a machine that is not yours, and put it behind an address that
# answers over the network. Seven steps, the same seven for a model a thousand times as large:
#
# **bucket → data → training job → model → endpoint → predictions → clean-up**
#
# The data are real: 1,797 digits written by 13 people, 8 × 8 pixels each (scikit-learn's `load_digits`).
#
# - **Time:** about 30 minutes. The cells themselves take one minute on the local cloud, 10 to 25 on Google Cloud, where
#   machines have to start.
# - **Cost:** nothing on the local cloud. On Google Cloud about 10 cents, *if you do the last step*. An endpoint that you
#   forget costs about 22 cents an hour, day and night: 5 dollars a day, 160 dollars a month.
# - **How it works:** replace the dots in each answer, run the cell, then run the check below it. A check asks the cloud
#   what is there; it does not read your code. Stuck? `lab.hint("bucket")`, and after the last hint `lab.solution("bucket")`.
# - **Coming back later:** your points are kept, and so is all that you made in the cloud. Only the kernel has forgotten
#   your variables. Take what exists instead of making it again, `bucket = client.get_bucket(BUCKET)`; Google's SDK prints the
#   line for each job, model and endpoint ("To use this … in another session").
#
# Every call to Google's clients is written as Google documents it, so the same notebook runs on Google Cloud, where
# `labkit.start("06_training", cloud="google", project="…")` first says what it will bill.

# %%
import labkit

lab = labkit.start("06_training")
lab

# %%
import csv

from google.cloud import aiplatform, storage
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

PROJECT = lab.project
REGION = lab.region
BUCKET = lab.unique_name("digits")  # Bucket names are shared by everybody on Google Cloud, so yours must be unique.

# The course's own images: a job and an endpoint each run in a container, and these two hold Python and PyTorch. The local
# cloud has them. For Google Cloud, Cloud Build makes them once per project, from labkit/images (see the course's README).
TRAIN_IMAGE = f"{REGION}-docker.pkg.dev/{PROJECT}/labkit/torch-train:1"
SERVE_IMAGE = f"{REGION}-docker.pkg.dev/{PROJECT}/labkit/torch-serve:1"

# %% [markdown]
# ## 1. A bucket
#
# A training job runs on a machine that appears for the job and vanishes after it. What it reads and what it leaves must
# live elsewhere: in a **bucket**. Two decisions are made when a bucket is created.
#
# - **Where.** Put it in the region of the job. Data that crosses regions is slower, and is billed; so is moving a full
#   bucket later.
# - **Who decides on access.** By default each *object* may carry an access list of its own, and nobody can say any more who
#   can read what. *Uniform bucket-level access* switches those lists off: IAM decides, for the whole bucket.
#
# It bills by what lies in it and how long: for this lab's few kilobytes, less than a cent. What can go wrong: the name is
# taken, by somebody else or by you an hour ago. Then `create_bucket` raises *409 Conflict*.
#
# **Do:** create the bucket `BUCKET` in `REGION`, with uniform bucket-level access.

# %% exercise="bucket"
client = storage.Client(project=PROJECT)

# --- answer | bucket = ...
bucket = client.bucket(BUCKET)
bucket.iam_configuration.uniform_bucket_level_access_enabled = True
bucket = client.create_bucket(bucket, location=REGION)
# --- end

# %%
lab.check("bucket")

# %% [markdown]
# ## 2. The data
#
# A model that is tested on what it was trained on always looks good. So 360 images are **held out**: the job must never see
# them, and in step 6 they tell you the truth. The seed makes the split the same for everybody.

# %%
digits = load_digits()
train_x, test_x, train_y, test_y = train_test_split(
    digits.data, digits.target, test_size=360, random_state=6, stratify=digits.target
)
print(f"{len(train_x)} images to train on, {len(test_x)} held out, grey values {train_x.min():g} to {train_x.max():g}")


def write_csv(path, labels, pixels):
    """One image a line: its label, then its 64 pixels. The first line is a header."""
    with open(path, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["label", *(f"pixel_{number}" for number in range(64))])
        table.writerows([label, *image] for label, image in zip(labels, pixels))


# %% [markdown]
# The grey values go to 16. A network learns faster and more evenly when its inputs lie between **0 and 1**. Remember the
# scale: who asks the model later must use the same one. Different scales in training and in service are among the most
# common faults in production, and no error message tells you.
#
# **Do:** write the training images, scaled, to `train.csv`, and upload that file to the bucket as `digits/train.csv`.
# Leave the uploaded object in `data`.

# %% exercise="data"
# --- answer | data = ...
write_csv("train.csv", train_y, train_x / 16)
data = bucket.blob("digits/train.csv")
data.upload_from_filename("train.csv")
# --- end

# %%
lab.check("data")

# %% [markdown]
# ## 3. A training job
#
# This is the script. Run the cell to write it to `train.py`, and read three things in it:
#
# - **Paths come in as arguments.** The script knows nothing about buckets, so you can also run it on your own machine.
# - **It prints a line per epoch.** What a job prints becomes its log, often all you have when it fails.
# - **It saves the model last, to `--model-dir`.** Leave that out, and the model stays on the job's disk, which is deleted.

# %% writefile="train.py"

# %% [markdown]
# A job does not see your files, and the script does not speak to Cloud Storage. They meet under **`/gcs/`**: in a job
# every bucket is a folder there, so `gs://my-bucket/a.csv` is the file `/gcs/my-bucket/a.csv`. (`gs://` itself is no
# path: `open("gs://…")` fails, and that is the most common reason why a first job fails.)
#
# `CustomJob.from_local_script` packs the script and uploads it to the staging bucket. `job.run()` submits the job and waits.
# On Google Cloud that takes 3 to 5 minutes, nearly all of it to start the machine. You pay while the machine runs, here
# about 2 cents; a job that fails has run too.
#
# **Do:** submit a job that reads `digits/train.csv` and leaves its model in the folder `digits/model` of your bucket. Say
# `base_output_dir=f"gs://{BUCKET}/digits"` too: it records in the job where its output belongs, in `model/` below it.

# %% exercise="job"
aiplatform.init(project=PROJECT, location=REGION, staging_bucket=f"gs://{BUCKET}")

# --- answer | job = ...
job = aiplatform.CustomJob.from_local_script(
    display_name="digits-train",
    script_path="train.py",
    container_uri=TRAIN_IMAGE,
    args=["--data", f"/gcs/{BUCKET}/digits/train.csv", "--model-dir", f"/gcs/{BUCKET}/digits/model"],
    machine_type="n1-standard-4",
    base_output_dir=f"gs://{BUCKET}/digits",
)
job.run()
# --- end

# %%
lab.check("job")

# %% [markdown]
# If the job failed, `job.run()` raised a RuntimeError: run the check all the same, it shows the end of the job's log. Read
# that before you change anything. All of the log: `gcloud ai custom-jobs stream-logs JOB_ID --region=REGION` in a terminal
# (on the local cloud, one opened by `labkit shell`), where `JOB_ID` is the last number of the job's resource name.
#
# ## 4. A model in the registry
#
# A file in a bucket is not yet a model that can be served. The **registry** ties the file to the container image that
# knows how to load it and answer requests, under a name and a version. That starts nothing and costs nothing, so the cloud
# finds no mistake in it: a wrong folder or image shows only when step 5 starts it (and in the check, which looks).
#
# **Do:** upload the model. `artifact_uri` is the *folder* with the model file, and the image is `SERVE_IMAGE`.

# %% exercise="model"
# --- answer | model = ...
model = aiplatform.Model.upload(
    display_name="digits",
    artifact_uri=f"gs://{BUCKET}/digits/model",
    serving_container_image_uri=SERVE_IMAGE,
)
# --- end

# %%
lab.check("model")

# %% [markdown]
# ## 5. An endpoint
#
# An **endpoint** is an address. To *deploy* a model is to start a machine behind it that runs the serving image with your
# model, and to say how much of the traffic it gets. With two models on one endpoint you can send 5 % of the requests to the
# new one and watch.
#
# **From here on it bills**, asked or not, until you undeploy. On Google Cloud a deployment takes 5 to 20 minutes. If the
# server does not start, `deploy` raises, and the reason is in the server's log. The endpoint stays behind, empty: delete it.
#
# **Do:** deploy the model on a machine of type `n1-standard-4`, with all the traffic.

# %% exercise="endpoint"
# --- answer | endpoint = ...
endpoint = model.deploy(machine_type="n1-standard-4")
# --- end

# %%
lab.check("endpoint")

# %% [markdown]
# ## 6. Predictions
#
# Now ask the endpoint about the 360 images that training never saw. It takes a list of instances, each a list of 64
# numbers, and returns for each a dictionary: `{"label": 3, "scores": […]}`. A request costs nothing of its own, the machine
# bills anyway; but it may hold at most 1.5 MB, which 360 small images do not reach and 10 photographs do.
#
# **Do:** put the endpoint's labels for *all* of `test_x`, in order, in the list `labels`. Mind the scale.

# %% exercise="predict"
# --- answer | labels = ...
reply = endpoint.predict(instances=(test_x / 16).tolist())
labels = [int(prediction["label"]) for prediction in reply.predictions]
# --- end

# %%
lab.check("predict")

# %% [markdown]
# In the 1990s networks of this kind began to read the amounts on bank cheques. Look at what yours gets wrong: would you
# have read these digits right?

# %%
if labels is not ...:
    mistakes = [number for number, (label, digit) in enumerate(zip(labels, test_y)) if label != digit]
    for number in mistakes[:2]:
        print(f"the model reads {labels[number]}, the writer meant {test_y[number]}")
        for line in test_x[number].reshape(8, 8):
            print("   ", "".join(" .:+*#%@@"[int(grey) // 2] * 2 for grey in line))

# %% [markdown]
# ## 7. Clean up
#
# The step that most people forget, and the one that decides what the lab costs. The order matters: an endpoint
# with a deployed model cannot be deleted, and neither can a model that is deployed.
#
# **Do:** undeploy, delete the endpoint, delete the model. The bucket may stay: a few kilobytes cost next to nothing.

# %% exercise="cleanup"
# --- answer | cleaned_up = ...
endpoint.undeploy_all()
endpoint.delete()
model.delete()
cleaned_up = True
# --- end

# %%
lab.check("cleanup")

# %%
lab.progress()
