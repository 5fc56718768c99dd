"""Lab 03, objects: one written with its checksum, one that only the first may write, a few found, one read in place."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from labkit.checking.answers import Answers
from labkit.checking.exercise import exercise
from labkit.checking.verdict import Failed, Passed, Verdict
from labkit.labs.buckets import objects_mistakes as mistakes
from labkit.labs.buckets import wines

if TYPE_CHECKING:
    from labkit.cloud import Cloud

DATA = "raw/wine.csv"
CLAIM = "claims/train.txt"
FOLDER = "digits/"
SEVENS = "digits/*/*-7.pgm"

_PRECONDITION_FAILED = 412
_TOLERANCE = 0.006  # An answer rounded to two decimals is right.
_MAY_NOT_BE_KEPT = ("no-cache", "no-store", "max-age=0")


@exercise(
    "upload",
    points=3,
    hints=[
        "Three things go with an object: its content type, its cache control, its checksum.",
        'Set `data.cache_control = "no-cache"` before the upload; give the upload `content_type="text/csv"`.',
        "`google_crc32c.Checksum(…)` takes the file's bytes. Its `digest()` is four bytes; Cloud Storage writes them "
        "in base64: `base64.b64encode(…).decode()`.",
    ],
    wrong=mistakes.UPLOAD,
)
def upload(answers: Answers, cloud: Cloud) -> Verdict:
    """The file in the bucket, to the byte; what it is; and the student's own checksum of it."""
    name = answers.text("data")
    found = cloud.storage().bucket(answers.text("bucket")).get_blob(name)
    if found is None or name != DATA:
        return Failed(
            f"{'There is no object' if found is None else 'The object is called'} {name}.",
            f"the object {DATA}",
            f'bucket.blob("{DATA}") names it; its upload_from_filename(…) sends it.',
        )
    if found.crc32c != wines.crc32c(wines.csv_bytes()):
        return Failed(
            f"{name} has {found.size} bytes with the CRC32C {found.crc32c}.",
            f"{len(wines.csv_bytes())} bytes with {wines.crc32c(wines.csv_bytes())}: the file, to the byte",
            "Run the cell that writes wine.csv again, then upload that file.",
        )
    if found.content_type != "text/csv":
        return Failed(
            f"{name} arrived whole, and says that it is {found.content_type}.",
            "text/csv",
            'Upload again with content_type="text/csv".',
            earned=1,
        )
    if not any(directive in (found.cache_control or "") for directive in _MAY_NOT_BE_KEPT):
        return Failed(
            f"{name} arrived whole, as text/csv. Its cache control is {found.cache_control or 'not set'}.",
            "no-cache: whoever has a copy asks first whether it is still the newest",
            'Set data.cache_control = "no-cache", then data.patch(); or set it before you upload.',
            earned=2,
        )
    return _checksum(answers.text("local_crc32c"), found.crc32c, found.md5_hash)


def _checksum(given: str, crc32c: str, md5: str | None) -> Verdict:
    if given == crc32c:
        return Passed(f"Your file and the object have the same CRC32C, {crc32c}: not a bit was lost on the way.")
    if given == base64.b64decode(crc32c).hex():
        seen, fix = f"{given}, the right four bytes in hexadecimal", "Write the digest with base64.b64encode."
    elif given == md5:
        seen, fix = (
            f"{given}, the file's MD5",
            "Use google_crc32c.Checksum: an object may have no MD5, never no CRC32C.",
        )
    else:
        seen, fix = f"{given}, not the checksum of this file", "Digest the bytes of wine.csv, read with read_bytes()."
    return Failed(f"The object is right, and local_crc32c is {seen}.", f"{crc32c}, in base64", fix, earned=2)


@exercise(
    "claim",
    points=2,
    hints=[
        "An object that does not exist has the generation 0.",
        "`claim.upload_from_string(…, if_generation_match=0)`, for both jobs.",
        "The second raises `PreconditionFailed`. Catch it; its `code` is the number.",
    ],
    wrong=mistakes.CLAIM,
)
def claim(answers: Answers, cloud: Cloud) -> Verdict:
    """The claim is the first job's, and the second was told so."""
    refused = answers.number("refused")
    found = cloud.storage().bucket(answers.text("bucket")).get_blob(CLAIM)
    if found is None:
        return Failed(
            f"There is no object {CLAIM}: neither job got its claim.",
            "the first job's claim",
            "The condition must hold for an object that is not there yet: if_generation_match=0.",
        )
    holder = found.download_as_bytes().decode(errors="replace")
    if holder != "job-a":
        told = "was told 412, and wrote all the same" if refused == _PRECONDITION_FAILED else "wrote over the first"
        return Failed(
            f"{CLAIM} says {holder}: the second job {told}.",
            "job-a, which came first",
            f'Give both uploads if_generation_match=0. Begin anew: bucket.delete_blob("{CLAIM}").',
        )
    if refused != _PRECONDITION_FAILED:
        return Failed(
            f"job-a holds the claim, and refused is {refused:g}.",
            "the code with which Cloud Storage refused job-b",
            "Catch PreconditionFailed as error around the second upload, and keep error.code.",
            earned=1,
        )
    return Passed("job-a holds the claim. job-b got 412, Precondition Failed, and nothing was overwritten.")


@exercise(
    "listing",
    points=3,
    hints=[
        "With `prefix` and `delimiter`, a list gives what lies directly below the prefix, and the deeper ones folded "
        "into `prefixes`.",
        "`listing.prefixes` is empty until you have gone through the listing: the pages are fetched as you go.",
        "In `match_glob` one star stops at a slash; two stars do not.",
        'All the sevens: `match_glob="digits/*/*-7.pgm"`. The names: `[blob.name for blob in …]`.',
    ],
    wrong=mistakes.LISTING,
)
def listing(answers: Answers, cloud: Cloud) -> Verdict:
    """The "folders" below digits/, and the full-size images of sevens, as the cloud lists them."""
    storage, name = cloud.storage(), answers.text("bucket")
    below = storage.list_blobs(name, prefix=FOLDER, delimiter="/")
    list(below)
    folders = {folder.rstrip("/") for folder in answers.texts("folders")}
    sevens = set(answers.texts("sevens"))
    expected = {blob.name for blob in storage.list_blobs(name, match_glob=SEVENS)}
    problem = _sevens_problem(sevens, expected)
    if folders != {folder.rstrip("/") for folder in below.prefixes}:
        return Failed(
            f"folders is {', '.join(sorted(folders))}.",
            f"what comes next after the prefix {FOLDER}, up to the next slash",
            f'list_blobs(BUCKET, prefix="{FOLDER}", delimiter="/"), prefix with its slash; then its prefixes.',
            earned=0 if problem else 1,
        )
    if problem:
        return Failed(
            problem,
            f"the images of a 7 in both folders, and no thumbnails: {len(expected)} names",
            "Let the cloud choose, with match_glob: one star for the folder, one for the number.",
            earned=1,
        )
    return Passed(f"{len(below.prefixes)} folders, {len(expected)} sevens, and no other name crossed the network.")


def _sevens_problem(found: set[str], expected: set[str]) -> str:
    if found == expected:
        return ""
    others = [name for name in found if not name.endswith("-7.pgm")]
    if others:
        return f"sevens has {len(found)} names, {len(others)} of which are no image of a 7, such as {min(others)}."
    if deeper := found - expected:
        return f"sevens has {len(found)} names, and {len(deeper)} of them lie deeper, such as {min(deeper)}."
    return f"sevens lacks {len(expected - found)}, such as {min(expected - found)}."


@exercise(
    "read",
    points=2,
    hints=[
        "`pandas.read_csv` takes an address that begins with `gs://`.",
        "Choose rows with `table[table.grower == 0]`; the column is `alcohol`; its `mean()` is one number.",
    ],
    wrong=mistakes.READ,
)
def read(answers: Answers, cloud: Cloud) -> Verdict:
    """The mean of one grower's wines, computed from the object."""
    given = answers.number("alcohol")
    means = wines.alcohol(cloud.storage().bucket(answers.text("bucket")).blob(DATA).download_as_bytes())
    growers = [grower for grower, mean in means.by_grower.items() if abs(given - mean) < _TOLERANCE]
    if growers == [0]:
        return Passed(f"{given:.2f} %, and no copy on your disk.")
    if growers:
        seen = f"the mean of grower {growers[0]}"
    elif abs(given - means.of_all) < _TOLERANCE:
        seen = "the mean of all the wines, whoever grew them"
    else:
        seen = f"no mean of gs://…/{DATA} as it is now"
    return Failed(
        f"alcohol is {given:g}: {seen}.",
        "the mean of `alcohol` over the wines of grower 0",
        "Keep the rows where table.grower is 0, then take the mean of the column.",
    )
