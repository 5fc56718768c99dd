"""The mistakes students make when they share an object in lab 03, as code."""

from __future__ import annotations

from labkit.checking.exercise import WrongAnswer


def _signed(
    name: str, message: str, *, blob: str = "raw/wine.csv", minutes: str = "15", method: str = "GET"
) -> WrongAnswer:
    return WrongAnswer(
        name,
        code=f"""
            link = bucket.blob("{blob}").generate_signed_url(
                version="v4", expiration=timedelta(minutes={minutes}), method="{method}", credentials=signer
            )
        """,
        message=message,
    )


SHARE = (
    WrongAnswer(
        "plain_address",
        code='link = bucket.blob("raw/wine.csv").public_url',
        message="without a signature it opens only",
    ),
    _signed("for_a_week", "604800 seconds", minutes="7 * 24 * 60"),
    _signed("other_object", "opens /", blob="models/wine.txt"),
    _signed("to_upload", "It was signed for something else", method="PUT"),
    WrongAnswer(
        "made_public",
        code="""
            policy = bucket.get_iam_policy(requested_policy_version=3)
            policy.bindings.append({"role": "roles/storage.objectViewer", "members": {"allUsers"}})
            try:
                bucket.set_iam_policy(policy)
            except PreconditionFailed as refusal:
                print(refusal.message)
            link = f"gs://{BUCKET}/raw/wine.csv"
        """,
        message="No browser knows it",
    ),
)
