# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Buckets
#
# Machines in the cloud come and go. What must outlive them, the data, the models, the results, lies in **buckets**. They look
# like folders on a disk, and in three ways they are not. Most lost data and most surprising bills come from these three.
#
# - **An object is written whole, or not at all.** It has a name, its bytes, and a little metadata. You cannot change a byte in
#   the middle or append a line; to change it, you write it anew. Each write makes a new **generation**, with a number of its
#   own. A reader gets one generation or the other, never half of each.
# - **There are no folders.** `raw/wine.csv` is *one name* that happens to have a slash in it. All names lie side by side in
#   one long sorted list. What looks like a folder is a **prefix** of names.
# - **Everything that is kept is billed**, the things that you no longer see among them.
#
# The data are real: 178 wines of three growers of one region in Italy, with 13 measurements each (scikit-learn's `load_wine`).
#
# - **Time:** about 75 minutes. **Cost:** nothing on the local cloud, less than a cent on Google Cloud.
# - **How it works:** replace the dots in each answer, run the cell, then run the check below it. A check asks the cloud what
#   is there; it does not read your code. Stuck? `lab.hint("bucket")`, and after the last hint `lab.solution("bucket")`.
# - **Coming back later:** your points and all that you made in the cloud are kept. Run the given cells again from the top,
#   and take what exists instead of making it again: `bucket = client.get_bucket(BUCKET)`. Leave out the accidents at the
#   beginning of steps 7 and 8 once you have mended them.
#
# Every call is written as Google documents it, so the same notebook runs on Google Cloud, with
# `labkit.start("03_buckets", cloud="google", project="…")`.

# %%
import labkit

lab = labkit.start("03_buckets")
lab

# %%
import base64
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import google.auth
import google_crc32c
import pandas
import requests
from google.api_core.exceptions import AlreadyExists, BadRequest, Forbidden, PreconditionFailed
from google.auth import impersonated_credentials
from google.auth.transport.requests import Request
from google.cloud import iam_admin_v1, storage
from google.cloud.storage import transfer_manager
from sklearn.datasets import load_digits, load_wine

PROJECT = lab.project
REGION = lab.region
BUCKET = lab.unique_name("lab03")  # Bucket names are shared by everybody on Google Cloud, so yours must be unique.
SCOPES = ["https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/userinfo.email"]

client = storage.Client(project=PROJECT)


def attempt(what, call):
    """Make a call, and say what came of it: that it went through, or the refusal in the cloud's own words."""
    try:
        call()
    except (BadRequest, Forbidden, PreconditionFailed) as error:
        print(f"✘ {what}\n  {int(error.code)}: {error.response.json()['error']['message']}\n")
    else:
        print(f"✔ {what}\n")


# %% [markdown]
# ## 1. A bucket that cannot leak
#
# Nearly every "data leak in the cloud" in the news was a bucket that somebody had opened to everybody, often for an
# afternoon, to show something to a colleague. Four decisions at the beginning spare you that.
#
# - **Where:** the region in which your machines will be. Within a region reading is fast and free; to another continent it is
#   slow and billed by the gigabyte. A bucket cannot be moved later.
# - **Who decides:** *uniform bucket-level access*. IAM decides for the whole bucket; no object has an access list of its own.
# - **Never everybody:** *public access prevention*, enforced. Whoever tries to let `allUsers` in is refused.
# - **Whose it is:** *labels*. The bill can be split by them, and next year somebody knows whether this may be deleted.
#
# `create_bucket` raises *409 Conflict* where the name is taken, by somebody else, or by you an hour ago.
#
# **Do:** create `BUCKET` in `REGION`, with uniform bucket-level access, public access prevention `"enforced"`, and the labels
# `course` = `mlops` and `lab` = `buckets`. Leave it in `bucket`.

# %% exercise="bucket"
# --- answer | bucket = ...
bucket = client.bucket(BUCKET)
bucket.iam_configuration.uniform_bucket_level_access_enabled = True
bucket.iam_configuration.public_access_prevention = "enforced"
bucket.labels = {"course": "mlops", "lab": "buckets"}
bucket = client.create_bucket(bucket, location=REGION)
# --- end

# %%
lab.check("bucket")


# %%
def open_to_everybody():
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings.append({"role": "roles/storage.objectViewer", "members": {"allUsers"}})
    bucket.set_iam_policy(policy)


if bucket is not ...:
    attempt("open the bucket to everybody", open_to_everybody)

# %% [markdown]
# ## 2. Generations
#
# You write `notes.txt`, then you write it again. Where is the first text? Gone, unless the bucket has **versioning**. With it,
# the generation that was overwritten or deleted stays as a **noncurrent** one: it is no longer what a read gets, but it can
# be read and listed by its number.
#
# | | what a plain read or list sees | what else is there | for how long |
# |---|---|---|---|
# | **live** | yes | | until it is overwritten or deleted |
# | **noncurrent** | no | `versions=True`, or by its generation | until you, or a rule of yours, delete it |
# | **soft-deleted** | no | `soft_deleted=True` | 7 days, if you set nothing else |
#
# Versioning counts from when it is switched on; it cannot bring back what was overwritten before. `bucket.versioning_enabled =
# True` alone changes the object in this notebook's memory; `bucket.patch()` sends the change. After an upload the
# blob's `generation` tells which one you have just written. (Of *one* name Cloud Storage takes about one write a second. Who
# writes faster is told *429*, and Google's client waits and tries again.)
#
# **Do:** switch versioning on, *then* write the object `notes.txt` twice, with any two texts. Put the numbers of the two
# generations, the older one first, into the list `generations`.

# %% exercise="versions"
# --- answer | generations = ...
bucket.versioning_enabled = True
bucket.patch()

notes = bucket.blob("notes.txt")
notes.upload_from_string("178 wines")
first = notes.generation
notes.upload_from_string("178 wines of three growers")
generations = [first, notes.generation]
# --- end

# %%
lab.check("versions")

# %%
if generations is not ...:
    for number in generations:
        print(number, bucket.blob("notes.txt", generation=number).download_as_text())

# %% [markdown]
# ## 3. Upload, and know that it arrived
#
# First the file.

# %%
table = load_wine(as_frame=True).frame.rename(columns={"target": "grower"})
table.to_csv("wine.csv", index=False, lineterminator="\n")
print(f"{len(table)} wines, {Path('wine.csv').stat().st_size:,} bytes")

# %% [markdown]
# Between your disk and the bucket lie a network and a dozen machines. How do you know that every bit arrived? By a
# **checksum**: a short number computed from all the bytes. Cloud Storage computes the **CRC32C** of whatever it receives. If
# you send yours along, and they differ, it refuses with *400* and stores nothing. Google's Python client does that by itself.
# Here a checksum is sent that is wrong:

# %%
if bucket is not ...:
    broken = bucket.blob("broken.csv")
    broken.crc32c = "AAAAAA=="
    attempt("upload what was damaged on the way", lambda: broken.upload_from_string("1,2,3", checksum=None))

# %% [markdown]
# You can also ask at any time later, without a download: is the file on my disk the object in the bucket? Compare the
# checksums. Mind how Cloud Storage writes it: the four bytes, most significant first, in **base64**, such as `yZRlqg==`.
#
# Two more things go with an object. Its **content type** says what it is: a browser, and some libraries, believe it. Its
# **cache control** says whether a copy on the way may be used again: `no-cache` means *ask first whether it is still the
# newest*. For data that change, everything else is a riddle in waiting.
#
# **Do:** upload `wine.csv` as `raw/wine.csv`, content type `text/csv`, cache control `no-cache`; leave the object in `data`.
# Compute the CRC32C of the file on your disk with `google_crc32c`, written as above, into `local_crc32c`.

# %% exercise="upload"
# --- answer | data = local_crc32c = ...
data = bucket.blob("raw/wine.csv")
data.cache_control = "no-cache"
data.upload_from_filename("wine.csv", content_type="text/csv")

checksum = google_crc32c.Checksum(Path("wine.csv").read_bytes())
local_crc32c = base64.b64encode(checksum.digest()).decode()
# --- end

# %%
lab.check("upload")

# %% [markdown]
# ## 4. Two writers, one object
#
# Two copies of a training job start at the same moment, and only one should run. So each looks whether there is a claim,
# `claims/train.txt`, and writes one if there is none. Between the look and the write lie some milliseconds; in them the
# other one looks as well, and both run. This fault sleeps for months.
#
# The cure is to put the look *into* the write: a **precondition**. Cloud Storage tests it and writes in one step.
#
# - `if_generation_match=0`: *only if no such object exists.* Of a hundred writers exactly one gets through.
# - `if_generation_match=1795520728445917`: *only if nobody wrote since I read this one.* So you change an object safely: read it
#   and its generation, make the new content, write it on this condition. Where that fails: read again, and begin anew.
#
# If it does not hold, the answer is **412 Precondition Failed**, and *nothing was changed*. A 412 is no fault of the network
# that goes away when you try again. It says: the world is not as you thought. Look again, then decide.
#
# **Do:** be both jobs. Write `claims/train.txt` with the text `job-a`, then try to write it with the text `job-b`, each on the
# condition that there is none yet. Put the code with which the second is refused into `refused`.
# (To begin anew: `bucket.delete_blob("claims/train.txt")`.)

# %% exercise="claim"
# --- answer | refused = ...
claim = bucket.blob("claims/train.txt")
claim.upload_from_string("job-a", if_generation_match=0)
try:
    claim.upload_from_string("job-b", if_generation_match=0)
except PreconditionFailed as error:
    refused = int(error.code)
# --- end

# %%
lab.check("claim")

# %% [markdown]
# ## 5. List only what you need
#
# Some images now: 30 handwritten digits and a thumbnail of each. One after the other, a thousand small files take minutes,
# nearly all of it waiting. The **transfer manager** sends several at a time. `skip_if_exists` is the precondition of step 4, for
# each file: run the cell twice, and the second run sends nothing anew.

# %%
digits = load_digits()
for number, (image, digit) in enumerate(zip(digits.images[:30], digits.target)):
    folder = Path("digits") / ("train" if number < 20 else "test")
    for place, pixels in ((folder, image), (folder / "small", image[::2, ::2])):
        place.mkdir(parents=True, exist_ok=True)
        rows = "\n".join(" ".join(f"{grey:.0f}" for grey in row) for row in pixels)
        (place / f"{number:04}-{digit}.pgm").write_text(f"P2\n{len(pixels)} {len(pixels)}\n16\n{rows}\n")

if bucket is not ...:
    files = sorted(path.relative_to("digits").as_posix() for path in Path("digits").rglob("*.pgm"))
    results = transfer_manager.upload_many_from_filenames(
        bucket,
        files,
        source_directory="digits",
        blob_name_prefix="digits/",
        worker_type=transfer_manager.THREAD,
        skip_if_exists=True,
    )
    print(f"{sum(result is None for result in results)} of {len(files)} files sent, such as digits/{files[0]}")

# %% [markdown]
# A list comes in pages of up to 1,000 names, and each page is a request that is billed, at the price of a write. To find seven
# names among ten million by fetching all of them takes an hour and costs 5 cents *each time*. So say what you want:
#
# - `prefix="digits/"`: only names that begin so. The list is sorted, so this is fast however large the bucket is.
# - `delimiter="/"` as well: of each name only the part up to the next slash. What lies deeper is folded into
#   `listing.prefixes`: this is how the console draws its "folders". The pages come as you go through the listing, so
#   `prefixes` is complete only *after* you did.
# - `match_glob="digits/*/*-7.pgm"`: a pattern. One star stands for anything without a slash, two stars for anything at all.
#
# **Do:** put what looks like the folders directly below `digits/` into the list `folders`. Put the names of the images of a
# **7** into the list `sevens`: of both folders, and without the thumbnails in `small/`. (A file is called NUMBER-DIGIT.pgm.)

# %% exercise="listing"
# --- answer | folders = sevens = ...
below = client.list_blobs(BUCKET, prefix="digits/", delimiter="/")
list(below)  # Goes through all pages.
folders = sorted(below.prefixes)
sevens = [blob.name for blob in client.list_blobs(BUCKET, match_glob="digits/*/*-7.pgm")]
# --- end

# %%
lab.check("listing")

# %%
if sevens is not ...:
    for row in bucket.blob(sevens[0]).download_as_text().splitlines()[3:]:
        print("   ", "".join(" .:+*#%@@"[int(grey) // 2] * 2 for grey in row.split()))

# %% [markdown]
# ## 6. Read it where it lies
#
# Download first, then read: two steps too many, and a copy on your disk that is old tomorrow. pandas, and much else in Python,
# reads `gs://` addresses itself, by way of a library called `gcsfs`. It finds your credentials as Google's own clients do.
#
# Two things to know. All of a CSV file crosses the network each time, even if you want one column; of a **Parquet** file only
# the columns that you ask for. And it reads the *live* generation, whatever that is at this moment. Remember this for step 7.
#
# **Do:** with `pandas.read_csv`, from the bucket and not from your disk, compute the mean of the column `alcohol` over the wines
# of grower 0. Put the number into `alcohol`.

# %% exercise="read"
# --- answer | alcohol = ...
table = pandas.read_csv(f"gs://{BUCKET}/raw/wine.csv")
alcohol = table[table.grower == 0].alcohol.mean()
# --- end

# %%
lab.check("read")


# %% [markdown]
# ## 7. Overwritten: bring the old one back
#
# A colleague opens the file in a spreadsheet, sorts *one* column, and saves. Every number is still there, and every one is now
# beside the wrong wine. The file has the same rows, the same columns, the same size to the byte. No program complains.


# %%
def accident():
    """What the colleague did."""
    table = pandas.read_csv("wine.csv")
    table["alcohol"] = sorted(table["alcohol"])
    damaged = table.to_csv(index=False, lineterminator="\n")
    bucket.blob("raw/wine.csv").upload_from_string(damaged, content_type="text/csv")


if alcohol is not ...:
    accident()
    table = pandas.read_csv(f"gs://{BUCKET}/raw/wine.csv")
    print(f"The mean for grower 0 was {alcohol:.2f}, and is {table[table.grower == 0].alcohol.mean():.2f}.")
    for blob in client.list_blobs(BUCKET, prefix="raw/wine.csv", versions=True):
        print(blob.generation, blob.crc32c, f"{blob.size:,} bytes", "noncurrent" if blob.time_deleted else "live")

# %% [markdown]
# Here the checksum of step 3 pays: it says which generation is the one that you uploaded.
#
# To **restore** an old generation, copy it over the live one: `bucket.copy_blob(blob, bucket, name, source_generation=…)`. The
# bytes do not leave the cloud. The copy is a new generation, and the damaged one becomes noncurrent: history only ever
# grows. Leave the damaged one there. Somebody will ask what was wrong, and which models were trained on it.
#
# What does *not* help is to delete the live one: the one before does not move up. And beware of a trap in the Python client.
# `bucket.delete_blob(name)` makes the live generation noncurrent. But a blob that came out of a list or an upload knows its
# generation, and `blob.delete()` then deletes **exactly this generation, for good**, versioning or not.
#
# **Do:** make the content that you uploaded live again, keep the damaged generation, and set `restored = True`.

# %% exercise="restore"
# --- answer | restored = ...
kept = client.list_blobs(BUCKET, prefix="raw/wine.csv", versions=True)
good = next(blob for blob in kept if blob.crc32c == local_crc32c)
bucket.copy_blob(good, bucket, good.name, source_generation=good.generation)
restored = True
# --- end

# %%
lab.check("restore")

# %% [markdown]
# The same from a terminal. What Python's client does, `gcloud storage` does as well; a generation is written `#NUMBER`. (Older
# pages say `gsutil`: the same verbs, and it is going away.)
#
# | Python | terminal |
# |---|---|
# | `data.upload_from_filename("wine.csv")` | `gcloud storage cp wine.csv gs://BUCKET/raw/` |
# | `list_blobs(…, prefix="digits/", delimiter="/")` | `gcloud storage ls gs://BUCKET/digits/` |
# | `list_blobs(…, versions=True)` | `gcloud storage ls --all-versions gs://BUCKET/raw/` |
# | `bucket.copy_blob(…, source_generation=G)` | `gcloud storage cp gs://BUCKET/raw/wine.csv#G gs://BUCKET/raw/wine.csv` |
# | `if_generation_match=0` | `--if-generation-match=0`, or `--no-clobber` |

# %%
command = ["gcloud", "storage", "ls", "--all-versions", "--long", f"gs://{BUCKET}/raw/"]
if shutil.which("gcloud"):
    ran = subprocess.run(command, capture_output=True, text=True)
    print(" ".join(command), ran.stdout or ran.stderr, sep="\n")
else:
    print("gcloud is not installed here; list_blobs(…, versions=True) above says the same.")


# %% [markdown]
# ## 8. Deleted: bring it back
#
# A clean-up script was to delete old models. It deleted all of them, and being thorough, the noncurrent generations too.


# %%
def thorough_cleanup():
    """Two models are written; then the script comes."""
    for run, accuracy in ((1, 0.91), (2, 0.97)):
        bucket.blob("models/wine.txt").upload_from_string(f"weights of run {run}, accuracy {accuracy}")
    for blob in client.list_blobs(BUCKET, prefix="models/", versions=True):
        blob.delete()


if bucket is not ...:
    thorough_cleanup()
    print("left in models/:", [blob.name for blob in client.list_blobs(BUCKET, prefix="models/", versions=True)])
    print(
        "soft delete keeps what was deleted for", bucket.soft_delete_policy.retention_duration_seconds // 86400, "days"
    )

# %% [markdown]
# A second net hangs below the first. With **soft delete**, on by default, whatever is deleted *for good* is kept for some days
# more, out of sight. Versioning does not help here, and without versioning soft delete is what you have.
#
# `client.list_blobs(BUCKET, prefix=…, soft_deleted=True)` lists it, and `bucket.restore_blob(name, generation=…)` makes a
# generation live again. You must say which one, for there can be many.
#
# **Do:** bring back `models/wine.txt` as the *newer* of the two runs left it. Leave the restored blob in `model`.

# %% exercise="undelete"
# --- answer | model = ...
gone = client.list_blobs(BUCKET, prefix="models/", soft_deleted=True)
newest = max(gone, key=lambda blob: blob.generation)
model = bucket.restore_blob(newest.name, generation=newest.generation)
# --- end

# %%
lab.check("undelete")

# %% [markdown]
# ## 9. Rules that clean up
#
# Both nets are paid for: each generation is billed as if it were an object of its own. A training script that overwrites a
# 2 GB checkpoint every ten minutes leaves 288 GB a day. Nobody sees them, and nobody deletes them, so let the bucket do it:
# **lifecycle rules**. A rule is an action and its conditions, all of which must hold. Google applies them once a day or so.
#
# There are four **storage classes**, of the same speed, with other prices (per GB, in most regions of the US, about):
#
# | class | a month at rest | to read | billed for at least | for |
# |---|---|---|---|---|
# | `STANDARD` | 2 cents | | | what is in use |
# | `NEARLINE` | 1 cent | 1 cent | 30 days | read once a month |
# | `COLDLINE` | 0.4 cents | 2 cents | 90 days | read once a quarter |
# | `ARCHIVE` | 0.12 cents | 5 cents | 365 days | to be kept, and hardly ever read |
#
# So a class that is cheap at rest is dear if you read it, or delete it early.
#
# **Do:** give the bucket rules that keep three promises, and send them with `bucket.patch()`:
#
# 1. of *every* object the three newest old generations are kept besides the live one, and no more;
# 2. whatever lies below `tmp/` is deleted when it is 7 days old, and does not stay as an old generation for ever either;
# 3. whatever lies below `raw/` goes to `ARCHIVE` when it is 90 days old.
#
# Nothing else may happen to anything. You need `bucket.add_lifecycle_delete_rule(…)` and
# `bucket.add_lifecycle_set_storage_class_rule("CLASS", …)`, with some of `age` (in days), `number_of_newer_versions`,
# `matches_prefix` (a list), `is_live`. To begin anew: `bucket.clear_lifecycle_rules()`. Leave `list(bucket.lifecycle_rules)` in
# `rules`. Before you run the check, think: what does rule 2 do to a *live* object in a bucket with versioning?

# %% exercise="lifecycle"
# --- answer | rules = ...
bucket.clear_lifecycle_rules()
bucket.add_lifecycle_delete_rule(number_of_newer_versions=4)
bucket.add_lifecycle_delete_rule(age=7, matches_prefix=["tmp/"])
bucket.add_lifecycle_set_storage_class_rule("ARCHIVE", age=90, matches_prefix=["raw/"])
bucket.patch()
rules = list(bucket.lifecycle_rules)
# --- end

# %%
lab.check("lifecycle")

# %% [markdown]
# ## 10. Share one object, for 15 minutes
#
# Somebody without a Google account needs the data set this afternoon. Not the bucket: one file, to read, for a while. That is a
# **signed URL**: an address that says which object, which verb and until when, with a **signature** over all of it. Who has the
# link is let in; a changed letter makes the signature wrong. The rights are those of the account that signed, and nothing
# becomes public. One link cannot be taken back on its own, only all links of the account, by taking away its rights. So let it
# end soon.
#
# To sign takes a private key, and you do not want one lying about (lab 02 says why). So Google signs for you: the call is
# `signBlob`, on a service account that you may impersonate. Here is one that can do nothing but read this bucket.

# %%
lab.act_as("student")  # The machine may not change policies; the owner of the project may.
client = storage.Client(project=PROJECT)  # New clients, which have the new identity.
mine, _ = google.auth.default(scopes=SCOPES)
mine.refresh(Request())
me = requests.get("https://oauth2.googleapis.com/tokeninfo", params={"access_token": mine.token}).json()["email"]

iam = iam_admin_v1.IAMClient()

email = f"lab03-sharer@{PROJECT}.iam.gserviceaccount.com"
account = {"account_id": "lab03-sharer", "service_account": {"display_name": "Lab 03: signs links"}}
try:
    sharer = iam.create_service_account(request={"name": f"projects/{PROJECT}", **account})
except AlreadyExists:
    sharer = iam.get_service_account(name=f"projects/{PROJECT}/serviceAccounts/{email}")

policy = iam.get_iam_policy(request={"resource": sharer.name})
policy.bindings.add(role="roles/iam.serviceAccountTokenCreator", members=[f"user:{me}"])
iam.set_iam_policy(request={"resource": sharer.name, "policy": policy})

if bucket is not ...:
    bucket = client.get_bucket(BUCKET)
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings.append({"role": "roles/storage.objectViewer", "members": {f"serviceAccount:{sharer.email}"}})
    bucket.set_iam_policy(policy)

signer = impersonated_credentials.Credentials(
    source_credentials=mine, target_principal=sharer.email, target_scopes=SCOPES
)

# %% [markdown]
# **Do:** with `generate_signed_url` of the blob, version `v4`, make a link by which anybody can read (`GET`) `raw/wine.csv` for
# 15 minutes, signed with the credentials `signer`. Put it into `link`. The check opens it without any account, and opens the
# same address without the signature, which must be refused.
# (On Google Cloud a new role may take some minutes. Should the call be refused with 403, wait and try again.)

# %% exercise="share"
# --- answer | link = ...
link = bucket.blob("raw/wine.csv").generate_signed_url(
    version="v4", expiration=timedelta(minutes=15), method="GET", credentials=signer
)
# --- end

# %%
lab.check("share")

# %% [markdown]
# Try it: open the link in a browser (on Google Cloud), or with `curl` (in a terminal that `labkit shell` opened). Then change
# one letter of it.
#
# ## 11. What do you pay for?
#
# A list shows what is live. The bill counts all that is kept: **live**, **noncurrent** and **soft-deleted** bytes, at the same
# price. Then come requests (a write or a list about 5 dollars a million, a read 40 cents) and what leaves the cloud
# (about 12 cents a GB to the internet: often the largest line of all).
#
# **Do:** count the bytes of the bucket that are live, noncurrent and soft-deleted, and put the three numbers, in this order,
# into the list `billed`. `blob.size` is in bytes; the three lists you have seen in steps 2 and 8.

# %% exercise="cost"
# --- answer | billed = ...
live = client.list_blobs(BUCKET)
noncurrent = (blob for blob in client.list_blobs(BUCKET, versions=True) if blob.time_deleted)
soft_deleted = client.list_blobs(BUCKET, soft_deleted=True)
billed = [sum(blob.size for blob in blobs) for blobs in (live, noncurrent, soft_deleted)]
# --- end

# %%
lab.check("cost")

# %% [markdown]
# ## What to keep
#
# 1. Region, uniform access, no public access, labels: once, at the beginning.
# 2. A write replaces a whole object and makes a generation. Where two may write, add a precondition; a 412 means *look again*.
# 3. A folder is a prefix. Ask for what you need, not for everything.
# 4. An old generation comes back by a copy; a deleted one by `restore_blob`, for 7 days. Checksums say which one is right.
# 5. What you keep, you pay: rules from the first day.
# 6. To share: a link that ends, never a public bucket.
#
# Tools such as **DVC** build on the same ground. They store each file under its own checksum, `files/md5/ab/cdef…`, so that no
# object is ever overwritten, and keep the names in git.
#
# **Clean up?** A few hundred kilobytes cost less than a cent a year, so the bucket may stay. To delete it with all that is in
# it: `bucket.delete(force=True)`, which works for up to 256 objects, or `gcloud storage rm --recursive gs://BUCKET`. Both leave
# what was deleted soft-deleted for 7 days more.

# %%
lab.progress()
