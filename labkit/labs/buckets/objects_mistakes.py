"""The mistakes students make with objects in lab 03, as code."""

from __future__ import annotations

from labkit.checking.exercise import WrongAnswer

_CHECKSUM = """
local_crc32c = base64.b64encode(google_crc32c.Checksum(Path("wine.csv").read_bytes()).digest()).decode()
"""
_SEND = """
data = bucket.blob("raw/wine.csv")
data.cache_control = "no-cache"
data.upload_from_filename("wine.csv", content_type="text/csv")
"""

UPLOAD = (
    WrongAnswer(
        "half_of_it",
        code=f"""{_CHECKSUM}
data = bucket.blob("raw/wine.csv")
data.cache_control = "no-cache"
data.upload_from_string(Path("wine.csv").read_text()[:5000], content_type="text/csv")
""",
        message="has 5000 bytes",
    ),
    WrongAnswer(
        "plain_text",
        code=f"""{_CHECKSUM}
data = bucket.blob("raw/wine.csv")
data.cache_control = "no-cache"
data.upload_from_string(Path("wine.csv").read_bytes())
""",
        message="says that it is text/plain",
    ),
    WrongAnswer(
        "may_be_kept",
        code=f"""{_CHECKSUM}
data = bucket.blob("raw/wine.csv")
data.upload_from_filename("wine.csv", content_type="text/csv")
""",
        message="Its cache control is not set",
    ),
    WrongAnswer(
        "hexadecimal",
        code=f'{_SEND}\nlocal_crc32c = google_crc32c.Checksum(Path("wine.csv").read_bytes()).digest().hex()',
        message="in hexadecimal",
    ),
    WrongAnswer("md5", code=f"{_SEND}\nlocal_crc32c = data.md5_hash", message="the file's MD5"),
    WrongAnswer(
        "other_name",
        code=f'{_CHECKSUM}\ndata = bucket.blob("wine.csv")\ndata.upload_from_filename("wine.csv")',
        message="The object is called wine.csv",
        undo='bucket.delete_blob("wine.csv")',
    ),
    WrongAnswer(
        "never_uploaded",
        code=f'{_CHECKSUM}\ndata = bucket.blob("raw/wines.csv")',
        message="There is no object raw/wines",
    ),
)

_BEGIN_ANEW = 'bucket.delete_blob("claims/train.txt")'

CLAIM = (
    WrongAnswer(
        "no_condition",
        code="""
            claim = bucket.blob("claims/train.txt")
            claim.upload_from_string("job-a")
            claim.upload_from_string("job-b")
            refused = 200
        """,
        message="wrote over the first",
        undo=_BEGIN_ANEW,
    ),
    WrongAnswer(
        "other_generation",
        code="""
            claim = bucket.blob("claims/train.txt")
            for job in ("job-a", "job-b"):
                try:
                    claim.upload_from_string(job, if_generation_match=1)
                except PreconditionFailed as error:
                    refused = int(error.code)
        """,
        message="neither job got its claim",
    ),
    WrongAnswer(
        "tries_again",
        code="""
            claim = bucket.blob("claims/train.txt")
            claim.upload_from_string("job-a", if_generation_match=0)
            try:
                claim.upload_from_string("job-b", if_generation_match=0)
            except PreconditionFailed as error:
                refused = int(error.code)
                claim.upload_from_string("job-b")
        """,
        message="wrote all the same",
        undo=_BEGIN_ANEW,
    ),
    WrongAnswer(
        "never_asked",
        code="""
            claim = bucket.blob("claims/train.txt")
            claim.upload_from_string("job-a", if_generation_match=0)
            refused = 0 if claim.exists() else 1
        """,
        message="refused is 0",
        undo=_BEGIN_ANEW,
    ),
)

_FOLDERS = """
below = client.list_blobs(BUCKET, prefix="digits/", delimiter="/")
list(below)
folders = sorted(below.prefixes)
"""
_SEVENS = '\nsevens = [blob.name for blob in client.list_blobs(BUCKET, match_glob="digits/*/*-7.pgm")]'

LISTING = (
    WrongAnswer(
        "thumbnails_too",
        code=f'{_FOLDERS}\nsevens = [blob.name for blob in client.list_blobs(BUCKET, match_glob="digits/**-7.pgm")]',
        message="of them lie deeper",
    ),
    WrongAnswer(
        "one_folder",
        code=f'{_FOLDERS}\nsevens = [it.name for it in client.list_blobs(BUCKET, match_glob="digits/train/*-7.pgm")]',
        message="sevens lacks",
    ),
    WrongAnswer(
        "everything",
        code=f'{_FOLDERS}\nsevens = [blob.name for blob in client.list_blobs(BUCKET, prefix="digits/")]',
        message="are no image of a 7",
    ),
    WrongAnswer(
        "objects_not_names",
        code=f'{_FOLDERS}\nsevens = list(client.list_blobs(BUCKET, match_glob="digits/*/*-7.pgm"))',
        message="is of type Blob",
    ),
    WrongAnswer(
        "prefix_without_slash",
        code=f"""
below = client.list_blobs(BUCKET, prefix="digits", delimiter="/")
list(below)
folders = sorted(below.prefixes){_SEVENS}
""",
        message="folders is digits.",
    ),
)

READ = (
    WrongAnswer(
        "all_growers",
        code='alcohol = pandas.read_csv(f"gs://{BUCKET}/raw/wine.csv").alcohol.mean()',
        message="the mean of all the wines",
    ),
    WrongAnswer(
        "other_grower",
        code='alcohol = pandas.read_csv(f"gs://{BUCKET}/raw/wine.csv").query("grower == 1").alcohol.mean()',
        message="the mean of grower 1",
    ),
    WrongAnswer(
        "other_column",
        code='alcohol = pandas.read_csv(f"gs://{BUCKET}/raw/wine.csv").query("grower == 0").ash.mean()',
        message="no mean of gs://",
    ),
    WrongAnswer(
        "by_grower",
        code='alcohol = pandas.read_csv(f"gs://{BUCKET}/raw/wine.csv").groupby("grower").alcohol.mean()',
        message="is of type Series",
    ),
)
