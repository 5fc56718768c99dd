"""Lab 03, one object for somebody without an account: a signed URL, and a bucket that stays closed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labkit.checking.answers import Answers
from labkit.checking.exercise import exercise
from labkit.checking.verdict import Blocked, Failed, Passed, Verdict
from labkit.labs import grants
from labkit.labs.buckets import sharing_mistakes as mistakes
from labkit.labs.buckets.links import HOST, Link

if TYPE_CHECKING:
    from labkit.cloud import Cloud

DATA = "raw/wine.csv"
LONGEST = 15 * 60  # seconds

_OK = 200
_REFUSED = (401, 403)
_VIEWER = "roles/storage.objectViewer"
# What Cloud Storage's XML errors say: https://cloud.google.com/storage/docs/xml-api/reference-status
_REASON = re.compile(r"<(Code|Message|Details)>([^<]*)</")
_ACCESS_DENIED = "AccessDenied"
_NEXT = {
    "ExpiredToken": "Its time is over. Sign again, and check within 15 minutes.",
    "SignatureDoesNotMatch": 'It was signed for something else, or changed. Sign for method="GET", and no headers.',
    _ACCESS_DENIED: f"The account that signed may not read the object. Bind {_VIEWER} to it, in the bucket's policy.",
    "NoSuchKey": f"There is no live {DATA}: exercise `restore`.",
}


@exercise(
    "share",
    points=4,
    hints=[
        "A link is signed for one object, one verb and a time. The blob makes it: `generate_signed_url`.",
        '`version="v4"`, `method="GET"`, `expiration=timedelta(minutes=15)`.',
        "`credentials=signer`: the machine's own have no key to sign with; those of `signer` let Google sign.",
    ],
    wrong=mistakes.SHARE,
)
def share(answers: Answers, cloud: Cloud) -> Verdict:
    """A link that opens the data set to anybody for 15 minutes at most, and nothing that is public."""
    link, bucket = Link.parse(answers.text("link")), answers.text("bucket")
    problem = _misdirected(link, f"/{bucket}/{DATA}")
    if problem:
        return problem
    configuration = cloud.storage().get_bucket(bucket).iam_configuration
    if configuration.public_access_prevention != "enforced":
        return Failed(
            f"The link may be right, but {bucket} may be made public again.",
            "public access prevention, still enforced: a signed URL works all the same",
            'bucket.iam_configuration.public_access_prevention = "enforced", then bucket.patch().',
        )
    return _opened(cloud, bucket, link)


def _misdirected(link: Link, path: str) -> Verdict | None:
    """What is wrong with the link as it is written; it is opened only where it leads to Cloud Storage."""
    if link.scheme == "gs":
        return Failed(
            f"link is {link.text}: an address for programs that have credentials. No browser knows it.",
            f"an address at https://{HOST}, with a signature",
            'Make it with the blob\'s generate_signed_url(version="v4", …).',
        )
    if link.scheme != "https" or not link.path or not link.signer:
        return Failed(
            f"link is {link.text[:100]}: without a signature it opens only to who may read the object anyway.",
            f"an address at https://{HOST} that is signed, with X-Goog-Signature in it",
            'Make it with the blob\'s generate_signed_url(version="v4", …).',
        )
    if link.path != path:
        return Failed(
            f"The link opens {link.path}.",
            f"{path}: a signature is for one object",
            f'Sign for bucket.blob("{DATA}").',
            earned=1,
        )
    if link.seconds > LONGEST:
        return Failed(
            f"The link opens for {link.seconds} seconds: {link.seconds / 3600:.0f} hours. Nothing ends it sooner.",
            f"{LONGEST} seconds at most",
            "Sign again with expiration=timedelta(minutes=15).",
            earned=2,
        )
    return None


def _opened(cloud: Cloud, bucket: str, link: Link) -> Verdict:
    """What a stranger sees: with the link, and with the same address without its signature."""
    stranger = cloud.anonymous()
    with_link = stranger.get(link.text)
    if with_link.status_code != _OK:
        return _refused(cloud, bucket, link, f"{with_link.status_code} {with_link.text}")
    plain = stranger.get(link.plain)
    if plain.status_code not in _REFUSED:
        return Failed(
            f"Without the signature the same address answers {plain.status_code}: the object is public.",
            "401 or 403",
            "Take allUsers out of the bucket's policy.",
        )
    return Passed(
        f"Whoever has the link reads the {len(with_link.content):,} bytes for {link.seconds // 60} minutes. "
        f"Without the signature the same address answers {plain.status_code}."
    )


def _refused(cloud: Cloud, bucket: str, link: Link, answer: str) -> Verdict:
    """Why a signed link does not open; `answer` is the status and the error's XML."""
    reasons = dict(_REASON.findall(answer))
    code = reasons.get("Code", "")
    said = f"{answer[:3]}: {' '.join(reasons.values())}"
    if code == _ACCESS_DENIED and _may_read(cloud, bucket, link.signer):
        return Blocked(
            f"{link.signer} has {_VIEWER} on {bucket}, and its link answers {said}",
            "A change of a policy takes up to 7 minutes. Check again then, with a new link.",
        )
    return Failed(
        f"To somebody without an account the link answers {said}",
        "200, and the file",
        _NEXT.get(code, "Read what Cloud Storage says, and sign again."),
        earned=1,
    )


def _may_read(cloud: Cloud, bucket: str, email: str) -> bool:
    return any(grant.role == _VIEWER for grant in grants.to(email, grants.on_bucket(cloud, bucket)))
