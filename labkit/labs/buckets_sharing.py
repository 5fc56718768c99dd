"""Lab 03, one object for somebody without an account: a signed URL, and a bucket that stays closed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from labkit.checking.answers import Answers
from labkit.checking.exercise import exercise
from labkit.checking.verdict import Failed, Passed, Verdict
from labkit.labs import buckets_sharing_mistakes as mistakes

if TYPE_CHECKING:
    from labkit.cloud import Cloud

DATA = "raw/wine.csv"
LONGEST = 15 * 60  # seconds

_HOST = "storage.googleapis.com"
_OK = 200
_REFUSED = (401, 403)
# The parts of Cloud Storage's XML errors that say what is wrong: https://cloud.google.com/storage/docs/xml-api/reference-status
_REASON = re.compile(r"<(Code|Message|Details)>([^<]*)</")
_NEXT = {
    "ExpiredToken": "Its time is over. Sign again, and check within 15 minutes.",
    "SignatureDoesNotMatch": 'It was signed for something else, or changed. Sign for method="GET", and no headers.',
    "AccessDenied": "The account that signed may not read the object. A role that you have just given it takes up to 7 "
    "minutes; else look at the bucket's policy.",
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
    link, bucket = answers.text("link"), answers.text("bucket")
    address = urlsplit(link)
    problem = _unsigned(address, f"/{bucket}/{DATA}")
    if problem:
        return problem
    configuration = cloud.storage().get_bucket(bucket).iam_configuration
    if configuration.public_access_prevention != "enforced":
        return Failed(
            f"The link may be right, but {bucket} may be made public again.",
            "public access prevention, still enforced: a signed URL works all the same",
            'bucket.iam_configuration.public_access_prevention = "enforced", then bucket.patch().',
        )
    return _opened(cloud, link, address)


def _unsigned(address: SplitResult, path: str) -> Verdict | None:
    """What is wrong with the link as it is written; it is fetched only from Cloud Storage."""
    query = parse_qs(address.query)
    if address.scheme == "gs":
        return Failed(
            f"link is {address.geturl()}: an address for programs that have credentials. No browser knows it.",
            f"an address at https://{_HOST}, with a signature",
            'Make it with the blob\'s generate_signed_url(version="v4", …).',
        )
    if address.scheme != "https" or address.netloc != _HOST or "X-Goog-Signature" not in query:
        return Failed(
            f"link is {address.geturl()[:100]}: without a signature it opens only to who may read the object anyway.",
            f"an address at https://{_HOST} that is signed, with X-Goog-Signature in it",
            'Make it with the blob\'s generate_signed_url(version="v4", …).',
        )
    if unquote(address.path) != path:
        return Failed(
            f"The link opens {unquote(address.path)}.",
            f"{path}: a signature is for one object",
            f'Sign for bucket.blob("{DATA}").',
            earned=1,
        )
    seconds = _seconds(query)
    if seconds > LONGEST:
        return Failed(
            f"The link opens for {seconds} seconds, {seconds / 3600:.0f} hours. Nobody can take it back before.",
            f"{LONGEST} seconds at most",
            "Sign again with expiration=timedelta(minutes=15).",
            earned=2,
        )
    return None


def _opened(cloud: Cloud, link: str, address: SplitResult) -> Verdict:
    """What a stranger sees: with the link, and with the same address without its signature."""
    stranger = cloud.anonymous()
    with_link = stranger.get(link)
    if with_link.status_code != _OK:
        reasons = dict(_REASON.findall(with_link.text))
        return Failed(
            f"To somebody without an account the link answers {with_link.status_code}: {' '.join(reasons.values())}",
            "200, and the file",
            _NEXT.get(reasons.get("Code", ""), "Read what Cloud Storage says, and sign again."),
            earned=1,
        )
    plain = stranger.get(address._replace(query="").geturl())
    if plain.status_code not in _REFUSED:
        return Failed(
            f"Without the signature the same address answers {plain.status_code}: the object is public.",
            "401 or 403",
            "Take allUsers out of the bucket's policy.",
        )
    minutes = _seconds(parse_qs(address.query)) // 60
    return Passed(
        f"Whoever has the link reads the {len(with_link.content):,} bytes for {minutes} minutes. "
        f"Without the signature the same address answers {plain.status_code}."
    )


def _seconds(query: dict[str, list[str]]) -> int:
    """How long a signed address is good for; 0 where it does not say so, which Cloud Storage refuses."""
    written = query.get("X-Goog-Expires", [""])[0]
    return int(written) if written.isdecimal() else 0
