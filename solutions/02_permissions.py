# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Permissions, permissions, permissions
#
# Ask anybody who has moved a project to the cloud what took the time. It was not the model, it was **403**. This lab is
# about that number: why the cloud says it, what it tells you, and how to give each program exactly the rights it needs.
#
# Every decision of the cloud answers one question: may **who** do **this** on **that**? Four words carry it all.
#
# | word | what it is | example |
# |---|---|---|
# | **principal** | who asks: a person or a program | `user:ada@example.com`, `serviceAccount:trainer@…` |
# | **permission** | one verb on one kind of thing | `storage.objects.get` |
# | **role** | a named bundle of permissions | `roles/storage.objectViewer` |
# | **policy** | a list on *one* resource: these principals have this role, each such line a **binding** | of a bucket, an account, a project |
#
# Nobody is given a permission directly. You bind a role to a principal in the policy of a resource. What you bind on a
# **project** counts for everything in the project, the things that will be made next year included: that is
# **inheritance**. A policy only ever adds. What a line higher up gives, none further down takes away. So the craft is to
# bind the *smallest role* on the *smallest resource* that will do: **least privilege**. A leaked password, a bug, a wrong
# command can then break only a little.
#
# - **Time:** about 90 minutes. **Cost:** nothing on the local cloud, less than a cent on Google Cloud.
# - **How it works:** replace the dots in each answer, run the cell, then run the check below it. A check asks the cloud: it
#   reads policies, and it makes calls as the accounts that you set up. Some must pass, and some must be refused.
#   Stuck? `lab.hint("whoami")`, and after the last hint `lab.solution("whoami")`.
# - **Coming back later:** your points and all that you made in the cloud are kept, but not your variables, nor who you are.
#   Run the given cells again from the top, and sign in again (step 2). Take what exists instead of making it again:
#   `trainer = iam.get_service_account(name=…)`.

# %%
import labkit

lab = labkit.start("02_permissions")
lab

# %%
from datetime import datetime, timedelta, timezone

import google.auth
import requests
from google.api_core.exceptions import AlreadyExists, BadRequest, Conflict, Forbidden
from google.auth import impersonated_credentials
from google.auth.transport.requests import Request
from google.cloud import (
    aiplatform_v1,
    cloudquotas_v1,
    iam_admin_v1,
    iam_credentials_v1,
    resourcemanager_v3,
    service_usage_v1,
    storage,
)

PROJECT = lab.project
REGION = lab.region
SCOPES = ["https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/userinfo.email"]


def whoami():
    """The address of the identity that a client made now would have."""
    credentials, _ = google.auth.default(scopes=SCOPES)
    credentials.refresh(Request())
    if hasattr(credentials, "service_account_email"):
        return credentials.service_account_email
    reply = requests.get("https://oauth2.googleapis.com/tokeninfo", params={"access_token": credentials.token})
    return reply.json()["email"]


def attempt(what, call):
    """Make a call, and say what came of it: that it went through, or the refusal in the cloud's own words."""
    try:
        call()
    except (Forbidden, BadRequest) as error:
        print(f"✘ {what}\n  {int(error.code)}: {error.message}\n")
    else:
        print(f"✔ {what}\n")


# %% [markdown]
# ## 1. Who am I?
#
# You gave nobody a password, and yet calls from this notebook will be accepted. Google's clients look for *application
# default credentials*, in this order, and take the first they find:
#
# 1. a file that the variable `GOOGLE_APPLICATION_CREDENTIALS` names;
# 2. the file that `gcloud auth application-default login` leaves on your machine;
# 3. on a machine in the cloud, the **metadata server**: an address that only the machine can reach, and that hands out
#    tokens for the **service account** of the machine. A service account is an identity for programs.
#
# Here it is the third, as on a Workbench instance: the account `…-compute@developer.gserviceaccount.com`, which all
# machines of a project share unless you choose otherwise, with the role Editor. (Organisations made since May 2024 no longer
# give it that. And on Google Cloud, from your laptop, it is the second.) You never chose it, which is why the first thing to
# ask about any 403 is: *who was it that asked?*
#
# The second is what that identity may do. Do not guess, ask: every resource answers `test_iam_permissions` with those of
# the permissions in the question that the caller holds. It changes nothing, and needs no permission itself.
#
# **Do:** put the notebook's identity into `machine`, and those of `QUESTIONS` that it holds on the project into the list
# `held`.

# %%
QUESTIONS = [
    "storage.buckets.create",
    "aiplatform.customJobs.create",
    "iam.serviceAccounts.create",
    "iam.serviceAccounts.setIamPolicy",
    "resourcemanager.projects.setIamPolicy",
]
projects = resourcemanager_v3.ProjectsClient()

# %% exercise="whoami"
# --- answer | machine = held = ...
machine = whoami()
reply = projects.test_iam_permissions(resource=f"projects/{PROJECT}", permissions=QUESTIONS)
held = list(reply.permissions)
# --- end

# %%
lab.check("whoami")

# %% [markdown]
# ## 2. Sign in as yourself
#
# The machine may make buckets, jobs, even accounts: Editor has thousands of permissions. But it may change no policy, and
# that is what this lab does. So act as a person: yourself, the owner of the project.
#
# - **Here:** `lab.act_as("student")`. From then on this notebook finds your credentials first.
# - **On Google Cloud:** run `gcloud auth application-default login` in a terminal, agree in the browser, restart the kernel
#   and run the cells above again. (`gcloud auth login` is another login: it is for `gcloud` itself, and no client sees it.)
#
# **A client keeps the identity that it was made with.** After a change of identity, make new ones. A kernel that was not
# restarted still asks as whoever you were before: a common riddle, *"but I have granted it!"*
#
# **Do:** act as yourself, and put your address, as the cloud sees it, into `me`.

# %% exercise="sign_in"
# --- answer | me = ...
lab.act_as("student")
me = whoami()
# --- end

# %%
lab.check("sign_in")

# %%
# New clients, which have the new identity.
client = storage.Client(project=PROJECT)
iam = iam_admin_v1.IAMClient()
projects = resourcemanager_v3.ProjectsClient()
services = service_usage_v1.ServiceUsageClient()

# A project uses an API only after somebody has enabled it there. The lab needs these; what is on stays on.
apis = ["iam.googleapis.com", "iamcredentials.googleapis.com", "aiplatform.googleapis.com"]
enabling = services.batch_enable_services(request={"parent": f"projects/{PROJECT}", "service_ids": apis})
print(", ".join(service.config.title for service in enabling.result().services))

# %% [markdown]
# ## 3. An account for one job
#
# A training job will run as *somebody*. If you say nothing it is the machine's account, and your job, with all the packages
# it installs, is Editor of the project. Instead give each program an account **of its own**: then you can give it little,
# see in the logs what *it* did, and take its rights away without stopping anything else.
#
# A new account may do nothing at all. That is the right beginning.
#
# A common next step, and a wrong one, is to make a **key** for it: a JSON file. Whoever has the file *is* the account, from
# anywhere in the world, for years, and nobody sees that it was copied. Keys are found in public repositories every day, by
# programs that look for nothing else. Organisations made since May 2024 forbid keys by default. You will not need one.
#
# **Do:** create the service account `lab02-trainer`, with a display name that says what it is for, and no key and no role.
# Leave it in `trainer`.

# %% exercise="account"
# --- answer | trainer = ...
trainer = iam.create_service_account(
    request={
        "name": f"projects/{PROJECT}",
        "account_id": "lab02-trainer",
        "service_account": {"display_name": "Lab 02: training"},
    }
)
# --- end

# %%
lab.check("account")

# %% [markdown]
# ## 4. Impersonation instead of a key
#
# How does a person, or another program, act as an account without a key? It asks for a **token** for it: a string that is
# good for an hour and then worthless. The request is made under your own sign-in, so the log says that it was *you*. This is
# **impersonation**, and the permission is `iam.serviceAccounts.getAccessToken`.
#
# You are the owner, and still lack it: no basic role has it. Somebody must give it to you, and where? A service account has
# two sides. It is a *principal*, which has roles on other things; and it is a *resource*, with a policy of its own, in which
# others have roles on it. To make tokens is to do something *to* the account, so the binding belongs in **its** policy.
#
# A policy is always changed in three steps: **read** it, **change** it, **write it back**. Write only your new line, and
# everybody else's are gone, your own Owner among them. The policy that you read carries an `etag`: should somebody else
# write in between, yours is refused with *409*, and you begin again.
#
# ```python
# policy = iam.get_iam_policy(request={"resource": trainer.name})
# policy.bindings.add(role="roles/…", members=["user:…"])
# policy = iam.set_iam_policy(request={"resource": trainer.name, "policy": policy})
# ```
#
# **Do:** give yourself, `user:` and your address, the role `roles/iam.serviceAccountTokenCreator` on this account and no
# other. Leave the policy, as written back, in `trainer_policy`.

# %% exercise="impersonate"
# --- answer | trainer_policy = ...
policy = iam.get_iam_policy(request={"resource": trainer.name})
policy.bindings.add(role="roles/iam.serviceAccountTokenCreator", members=[f"user:{me}"])
trainer_policy = iam.set_iam_policy(request={"resource": trainer.name, "policy": policy})
# --- end

# %%
lab.check("impersonate")


# %% [markdown]
# From now on you can be the trainer whenever you want to see the cloud as it does.


# %%
def as_account(account):
    """Credentials of a service account, made with yours: a token for an hour, and no key."""
    mine, _ = google.auth.default(scopes=SCOPES)
    return impersonated_credentials.Credentials(
        source_credentials=mine, target_principal=account.email, target_scopes=SCOPES
    )


if trainer is not ...:
    trainers_client = storage.Client(project=PROJECT, credentials=as_account(trainer))


# %% [markdown]
# ## 5. The smallest binding: read one bucket
#
# Three buckets: the data, the results, and one that is nobody's business. In all three IAM alone decides.


# %%
def make_bucket(purpose):
    """A bucket where IAM alone decides; the one that exists, if you made it before."""
    bucket = client.bucket(lab.unique_name(purpose))
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    try:
        client.create_bucket(bucket, location=REGION)
    except Conflict:
        print(f"{bucket.name} is there already.")
    return bucket


data = make_bucket("lab02-data")
data.blob("digits.csv").upload_from_string("label,pixel\n7,0.5\n")
results = make_bucket("lab02-results")
results.blob("reports/summary.txt").upload_from_string("accuracy 0.97")
results.blob("models/model.txt").upload_from_string("weights")
private = make_bucket("lab02-private")
private.blob("salaries.csv").upload_from_string("name,salary\nAda,1")

if trainer is not ...:
    attempt("the trainer reads digits.csv", trainers_client.bucket(data.name).blob("digits.csv").download_as_bytes)

# %% [markdown]
# **Read the refusal.** It names the *principal*, which is the trainer and not you; the *permission* that is missing,
# `storage.objects.get`; and the *resource*. "Or it may not exist" means what it says: who may not see a thing is not told
# whether it is there. So a 403 may also be a spelling mistake.
#
# A bucket has a policy too, and its client speaks a little differently: bindings are dictionaries, and members are a set.
#
# ```python
# policy = bucket.get_iam_policy(requested_policy_version=3)
# policy.bindings.append({"role": "roles/…", "members": {"serviceAccount:…"}})
# policy = bucket.set_iam_policy(policy)
# ```
#
# | role | read | list | add | overwrite, delete | change the policy |
# |---|---|---|---|---|---|
# | `roles/storage.objectViewer` | yes | yes | | | |
# | `roles/storage.objectCreator` | | | yes | | |
# | `roles/storage.objectUser` | yes | yes | yes | yes | |
# | `roles/storage.objectAdmin` | yes | yes | yes | yes | of objects |
# | `roles/storage.admin` | yes | yes | yes | yes | yes, and delete the bucket |
#
# **Do:** let the trainer read and list the objects of `data`, and do nothing else anywhere. Leave the policy in
# `data_policy`.

# %% exercise="read"
# --- answer | data_policy = ...
policy = data.get_iam_policy(requested_policy_version=3)
policy.bindings.append({"role": "roles/storage.objectViewer", "members": {f"serviceAccount:{trainer.email}"}})
data_policy = data.set_iam_policy(policy)
# --- end

# %%
lab.check("read")

# %%
if data_policy is not ...:
    in_data = trainers_client.bucket(data.name)
    attempt("the trainer reads digits.csv", in_data.blob("digits.csv").download_as_bytes)
    attempt("the trainer deletes digits.csv", in_data.blob("digits.csv").delete)
    in_private = trainers_client.bucket(private.name)
    attempt("the trainer reads salaries.csv", in_private.blob("salaries.csv").download_as_bytes)
    attempt("the trainer lists the buckets", lambda: list(trainers_client.list_buckets()))

# %% [markdown]
# The last one is refused on the *project*: a bucket's policy cannot grant what is not about that bucket. Code that begins
# with `list_buckets()`, or with `client.get_bucket(…)` (`storage.buckets.get`), asks for more than it needs. With
# `client.bucket(…)`, which asks nothing, the trainer can work.
#
# Test both ways, always: that what must work does, **and that the rest is refused**. A role that is too large never fails,
# so nobody notices it before somebody misuses it.
#
# ## 6. The smallest binding: add results
#
# The job must leave its model in `results`. Which of the roles above? Think of what happens if the job is wrong, or not
# yours any more: with one of them it can add a bad file; with the others it can destroy every result there is.
#
# **Do:** let the trainer add objects to `results`, and not read, list, overwrite or delete any. Leave the policy in
# `results_policy`.

# %% exercise="write"
# --- answer | results_policy = ...
policy = results.get_iam_policy(requested_policy_version=3)
policy.bindings.append({"role": "roles/storage.objectCreator", "members": {f"serviceAccount:{trainer.email}"}})
results_policy = results.set_iam_policy(policy)
# --- end

# %%
lab.check("write")


# %% [markdown]
# ## 7. A condition: some objects, for some time
#
# A reviewer comes for a week, and is to see the reports in `results` but not the models. Another bucket would do. So does a
# **condition** on the binding: an expression, and the binding counts only while it is true.
#
# - `resource.name.startsWith("…")`: for an object the name is `projects/_/buckets/BUCKET/objects/NAME`, from the beginning.
#   An expression that never holds is no error. It only never grants anything.
# - `request.time < timestamp("2027-01-31T00:00:00Z")`: afterwards the binding counts for nothing. Rights that end by
#   themselves are the only ones that surely end.
#
# ```python
# policy.version = 3  # The first version that knows conditions: ask for it, and write it.
# policy.bindings.append({"role": …, "members": {…}, "condition": {"title": "…", "expression": "…"}})
# ```
#
# First an account for the reviewer, that you may impersonate, as you did with the trainer.


# %%
def make_account(account_id, purpose):
    """A service account that you may impersonate; the one that exists, if you made it before."""
    try:
        account = iam.create_service_account(
            request={
                "name": f"projects/{PROJECT}",
                "account_id": account_id,
                "service_account": {"display_name": f"Lab 02: {purpose}"},
            }
        )
    except AlreadyExists:
        email = f"{account_id}@{PROJECT}.iam.gserviceaccount.com"
        account = iam.get_service_account(name=f"projects/{PROJECT}/serviceAccounts/{email}")
    policy = iam.get_iam_policy(request={"resource": account.name})
    policy.bindings.add(role="roles/iam.serviceAccountTokenCreator", members=[f"user:{me}"])
    iam.set_iam_policy(request={"resource": account.name, "policy": policy})
    return account


if me is not ...:
    reviewer = make_account("lab02-reviewer", "reviewer")

# %% [markdown]
# **Do:** let the reviewer read the objects of `results` whose names begin with `reports/`, with
# `roles/storage.objectViewer`, until a time next week. Leave the policy in `review_policy`.

# %% exercise="condition"
# --- answer | review_policy = ...
end = f"{datetime.now(timezone.utc) + timedelta(days=7):%Y-%m-%dT%H:%M:%SZ}"
reports = f"projects/_/buckets/{results.name}/objects/reports/"
policy = results.get_iam_policy(requested_policy_version=3)
policy.version = 3
policy.bindings.append(
    {
        "role": "roles/storage.objectViewer",
        "members": {f"serviceAccount:{reviewer.email}"},
        "condition": {
            "title": "reports for a week",
            "expression": f'resource.name.startsWith("{reports}") && request.time < timestamp("{end}")',
        },
    }
)
review_policy = results.set_iam_policy(policy)
# --- end

# %%
lab.check("condition")


# %% [markdown]
# ## 8. Who may lend an identity: actAs
#
# A nightly **pipeline** submits the training job. It has an account too, which may use Vertex AI, Google's service for
# training jobs. (Since April 2026 it is called *Gemini Enterprise Agent Platform*; the API and the roles kept their names.)
# The job is to run as the trainer: `service_account` in its specification. Watch the pipeline try.


# %%
def bind_on_project(role, account):
    """Bind a role to a service account in the policy of the project."""
    version_3 = {"requested_policy_version": 3}  # Or conditions of others would be left out of what you read.
    policy = projects.get_iam_policy(request={"resource": f"projects/{PROJECT}", "options": version_3})
    policy.bindings.add(role=role, members=[f"serviceAccount:{account.email}"])
    projects.set_iam_policy(request={"resource": f"projects/{PROJECT}", "policy": policy})


LOCATION = f"projects/{PROJECT}/locations/{REGION}"
VERTEX = {"api_endpoint": f"{REGION}-aiplatform.googleapis.com"}  # Each region has an address of its own.

machine = {"machine_type": "n1-standard-4"}
container = {
    "image_uri": f"{REGION}-docker.pkg.dev/{PROJECT}/labkit/torch-train:1",
    "command": ["python", "-c", "print('trained')"],
}


def submit():
    """Submit the job as the pipeline, and cancel it at once: here only the permission matters."""
    job = pipelines_client.create_custom_job(parent=LOCATION, custom_job=training)
    pipelines_client.cancel_custom_job(name=job.name)


if trainer is not ...:
    pipeline = make_account("lab02-pipeline", "nightly pipeline")
    bind_on_project("roles/aiplatform.user", pipeline)
    pipelines_client = aiplatform_v1.JobServiceClient(credentials=as_account(pipeline), client_options=VERTEX)
    training = {
        "display_name": "lab02-train",
        "job_spec": {
            "service_account": trainer.email,
            "worker_pool_specs": [{"machine_spec": machine, "replica_count": 1, "container_spec": container}],
        },
    }
    attempt("the pipeline submits a job that runs as the trainer", submit)

# %% [markdown]
# The pipeline may create jobs, but may it let one act as *that account*? If everybody could, whoever may start a job could
# start it as the strongest account of the project, and so be that account. This is why to **lend** an identity to a job, a
# machine or a service takes a permission on the identity: `iam.serviceAccounts.actAs`. Mind that Vertex AI says **400** here
# and not 403; Cloud Run and Cloud Build say 403.
#
# It is not the same as `getAccessToken`. Who may *act as* hands the account over to a machine of Google's. Who may make
# *tokens* holds it in his own hands. Owner and Editor have actAs on **every** account of the project: one more reason why
# programs should have neither.
#
# **Do:** let the pipeline's jobs act as the trainer, and as no other account. Leave the policy in `act_as_policy`.

# %% exercise="act_as"
# --- answer | act_as_policy = ...
policy = iam.get_iam_policy(request={"resource": trainer.name})
policy.bindings.add(role="roles/iam.serviceAccountUser", members=[f"serviceAccount:{pipeline.email}"])
act_as_policy = iam.set_iam_policy(request={"resource": trainer.name, "policy": policy})
# --- end

# %%
lab.check("act_as")

# %%
if act_as_policy is not ...:
    attempt("the pipeline submits a job that runs as the trainer", submit)

# %% [markdown]
# ## 9. A role of your own
#
# A **guard** looks every hour for jobs that somebody has forgotten, and stops them. Google's roles do not fit: one that only
# views cannot cancel, and `roles/aiplatform.user`, the smallest that can, may also start jobs and delete models: 400
# permissions for three that are needed.
#
# So make a **custom role**, in the project, with the permissions that you name. It has a price: when Google adds a
# permission to a service, Google's roles grow with it and yours does not. And a role id that you delete stays taken for
# weeks; to change a role, use `iam.update_role`.

# %%
if me is not ...:
    guard = make_account("lab02-guard", "guard over forgotten jobs")
GUARD_NEEDS = ["aiplatform.customJobs.list", "aiplatform.customJobs.get", "aiplatform.customJobs.cancel"]

# %% [markdown]
# **Do:** make the custom role `lab02JobGuard` with the permissions `GUARD_NEEDS`, leave it in `guard_role`, and bind it to
# the guard on the project. `bind_on_project` above shows how the project's policy is changed.

# %% exercise="custom_role"
# --- answer | guard_role = ...
guard_role = iam.create_role(
    request={
        "parent": f"projects/{PROJECT}",
        "role_id": "lab02JobGuard",
        "role": {"title": "Lab 02: job guard", "included_permissions": GUARD_NEEDS, "stage": "GA"},
    }
)
bind_on_project(guard_role.name, guard)
# --- end

# %%
lab.check("custom_role")

# %% [markdown]
# ## 10. Five refusals: read them
#
# A **newcomer** has begun: an account with one small role, on quotas. Five calls, all refused. Each reply holds what you
# need, if you read it: which *permission* is missing, or what else is. Who is refused you see where the client is made.

# %%
if me is not ...:
    newcomer = make_account("lab02-newcomer", "newcomer")
    bind_on_project("roles/cloudquotas.viewer", newcomer)

# One of the five needs an API that is off. If yours is on it is switched off here; you will switch it on again.
quotas_api = f"projects/{PROJECT}/services/cloudquotas.googleapis.com"
if services.get_service(request={"name": quotas_api}).state == service_usage_v1.State.ENABLED:
    services.disable_service(request={"name": quotas_api}).result()


def read_data():
    newcomers = storage.Client(project=PROJECT, credentials=as_account(newcomer))
    newcomers.bucket(data.name).blob("digits.csv").download_as_bytes()


def list_jobs():
    newcomers = aiplatform_v1.JobServiceClient(credentials=as_account(newcomer), client_options=VERTEX)
    list(newcomers.list_custom_jobs(parent=LOCATION))


def become_the_trainer():
    newcomers = iam_credentials_v1.IAMCredentialsClient(credentials=as_account(newcomer))
    newcomers.generate_access_token(name=f"projects/-/serviceAccounts/{trainer.email}", scope=SCOPES)


def read_the_policy():
    newcomers = resourcemanager_v3.ProjectsClient(credentials=as_account(newcomer))
    newcomers.get_iam_policy(resource=f"projects/{PROJECT}")


def read_the_quotas():
    newcomers = cloudquotas_v1.CloudQuotasClient(credentials=as_account(newcomer))
    compute = f"projects/{PROJECT}/locations/global/services/compute.googleapis.com"
    list(newcomers.list_quota_infos(parent=compute))


calls = [read_data, list_jobs, become_the_trainer, read_the_policy, read_the_quotas]
if trainer is not ...:
    for number, call in enumerate(calls, start=1):
        attempt(f"{number}. {call.__name__}", call)

# %% [markdown]
# **Do:** put the address of the one who is refused into `refused`, and into the list `missing`, in the order of the calls,
# what each lacks: a permission, or for one of them the name of an API, as the replies spell it.

# %% exercise="diagnose"
# --- answer | refused = missing = ...
refused = newcomer.email
missing = [
    "storage.objects.get",
    "aiplatform.customJobs.list",
    "iam.serviceAccounts.getAccessToken",
    "resourcemanager.projects.getIamPolicy",
    "cloudquotas.googleapis.com",
]
# --- end

# %%
lab.check("diagnose")

# %% [markdown]
# ## 11. Five refusals: mend them
#
# A permission is known; now the role, and the place. To find the smallest role, search Google's list of roles for the
# permission (*IAM roles and permissions index*), and take the one with the fewest others. To find the place, take the
# resource in the reply, or the nearest thing above it that has a policy: objects have none here, their bucket has. Some
# things, such as training jobs, have none at all: for them it is the project.
#
# | you need to | the smallest role |
# |---|---|
# | see Vertex AI's jobs and models | `roles/aiplatform.viewer` |
# | see who has which role on a project | `roles/browser` |
# | read a bucket's objects; make tokens | you know them |
#
# An API is no matter of roles. A project has to **enable** each API before anybody can use it there. An owner does so once,
# with `services.enable_service(request={"name": …}).result()`; the name is `projects/PROJECT/services/THE_API`.
#
# **Do:** make the five calls pass, each with the smallest role on the smallest resource, and set `mended = True`. The check
# makes the five calls, and five others beside them that must still be refused.

# %% exercise="mend"
# --- answer | mended = ...
newcomers_name = f"serviceAccount:{newcomer.email}"

policy = data.get_iam_policy(requested_policy_version=3)
policy.bindings.append({"role": "roles/storage.objectViewer", "members": {newcomers_name}})
data.set_iam_policy(policy)

policy = iam.get_iam_policy(request={"resource": trainer.name})
policy.bindings.add(role="roles/iam.serviceAccountTokenCreator", members=[newcomers_name])
iam.set_iam_policy(request={"resource": trainer.name, "policy": policy})

bind_on_project("roles/aiplatform.viewer", newcomer)
bind_on_project("roles/browser", newcomer)

services.enable_service(request={"name": quotas_api}).result()
mended = True
# --- end

# %%
lab.check("mend")

# %%
if mended is not ...:
    for number, call in enumerate(calls, start=1):
        attempt(f"{number}. {call.__name__}", call)

# %% [markdown]
# On Google Cloud a change of a policy is in force after some seconds, at times after 7 minutes; so is an API. Wait before you
# grant more: many a role that is too large was granted while the right one was on its way.
#
# ## 12. An audit
#
# Before your time somebody wrote a program that counts the images in `data` each night. It did not work at first, so its
# account got **Editor**, and a **key**. Then it worked, and nobody looked again. Many an old project looks like this.

# %%
if me is not ...:
    legacy = make_account("lab02-legacy", "nightly count")
    bind_on_project("roles/editor", legacy)
    try:
        iam.create_service_account_key(name=legacy.name)
    except BadRequest as error:
        print(f"Your organisation forbids keys, and so spares you a part of this step: {error.message}")

# %% [markdown]
# **Do:** the count must go on: `legacy` reads objects of `data`. Beyond that leave it nothing; no basic role (Owner, Editor,
# Viewer) for any account that was made in this project; and no key that a user made, of any account. Google's own accounts,
# `…-compute@developer.…` among them, stay as they are: later labs use that one. Then set `audited = True`.
#
# ```python
# for binding in policy.bindings:          # To take a member out of a policy, after you read it.
#     if binding.role == "roles/…" and "serviceAccount:…" in binding.members:
#         binding.members.remove("serviceAccount:…")
#
# user_managed = iam_admin_v1.ListServiceAccountKeysRequest.KeyType.USER_MANAGED
# iam.list_service_account_keys(name=legacy.name, key_types=[user_managed]).keys
# iam.delete_service_account_key(name=key.name)
# ```

# %% exercise="audit"
# --- answer | audited = ...
policy = data.get_iam_policy(requested_policy_version=3)
policy.bindings.append({"role": "roles/storage.objectViewer", "members": {f"serviceAccount:{legacy.email}"}})
data.set_iam_policy(policy)

version_3 = {"requested_policy_version": 3}
policy = projects.get_iam_policy(request={"resource": f"projects/{PROJECT}", "options": version_3})
for binding in policy.bindings:
    if binding.role == "roles/editor" and f"serviceAccount:{legacy.email}" in binding.members:
        binding.members.remove(f"serviceAccount:{legacy.email}")
projects.set_iam_policy(request={"resource": f"projects/{PROJECT}", "policy": policy})

user_managed = iam_admin_v1.ListServiceAccountKeysRequest.KeyType.USER_MANAGED
for key in iam.list_service_account_keys(name=legacy.name, key_types=[user_managed]).keys:
    iam.delete_service_account_key(name=key.name)
audited = True
# --- end

# %%
lab.check("audit")

# %% [markdown]
# ## What to keep
#
# 1. A 403 names a permission and a resource. Ask first **who** asked.
# 2. Smallest role, smallest resource, and an end where there is one. Then test what must be refused.
# 3. An account for each program; impersonation, no keys; actAs only on the account that is lent.
# 4. Read, change, write back. Never write a policy that you did not read.
#
# The same from a terminal (on the local cloud, one opened by `labkit shell --as student`), where `gcloud` reads, changes and
# writes back for you:
#
# | to | write |
# |---|---|
# | bind a role on a bucket | `gcloud storage buckets add-iam-policy-binding gs://BUCKET --member=… --role=…` |
# | on a service account | `gcloud iam service-accounts add-iam-policy-binding EMAIL --member=… --role=…` |
# | on a project | `gcloud projects add-iam-policy-binding PROJECT --member=… --role=…` |
# | do anything as an account | any `gcloud` command with `--impersonate-service-account=EMAIL` |
#
# **Clean up?** Accounts, roles and policies cost nothing, and nothing in this lab bills by the hour. On Google Cloud, take
# away what you no longer need all the same: first an account's bindings, then the account (`iam.delete_service_account`), for
# a policy remembers a deleted account as `deleted:serviceAccount:…`.

# %%
lab.progress()
