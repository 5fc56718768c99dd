"""Lab 03, what a bucket keeps: generations, the way back to an old one, the way back from a deletion, and the price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.checking.answers import Answers
from labkit.checking.exercise import exercise
from labkit.checking.verdict import Failed, Passed, Verdict
from labkit.labs.buckets import generations, wines
from labkit.labs.buckets import history_mistakes as mistakes
from labkit.labs.buckets.generations import Generation, State

if TYPE_CHECKING:
    from labkit.cloud import Cloud

NOTES = "notes.txt"
DATA = "raw/wine.csv"
MODEL = "models/wine.txt"
# What the notebook's two runs leave: the weights are not worth more here than a line of text.
FIRST_MODEL = b"weights of run 1, accuracy 0.91"
SECOND_MODEL = b"weights of run 2, accuracy 0.97"

# Generations are times in microseconds since 1970: what is smaller is something else.
_SMALLEST_GENERATION = 10**15


@exercise(
    "versions",
    points=2,
    hints=[
        "Versioning is a property of the bucket, and has to be on *before* the first write is overwritten.",
        "`bucket.versioning_enabled = True` changes the Python object; `bucket.patch()` tells the cloud.",
        "After an upload the blob's `generation` is that of what was just written. Keep the first before the second "
        "upload replaces it.",
    ],
    wrong=mistakes.VERSIONS,
)
def versions(answers: Answers, cloud: Cloud) -> Verdict:
    """Versioning on, and two generations of one object, oldest first."""
    given, bucket = answers.integers("generations"), answers.text("bucket")
    if not cloud.storage().get_bucket(bucket).versioning_enabled:
        return Failed(
            f"Versioning is off in {bucket}: what is overwritten is gone.",
            "versioning, enabled",
            "bucket.versioning_enabled = True is half of it; bucket.patch() sends it. Then write the notes again.",
        )
    kept = [found.number for found in generations.of_object(cloud, bucket, NOTES)]
    problem = _generations_problem(given, kept)
    if problem:
        return Failed(
            problem,
            f"two generations of {NOTES}, the older one first; the bucket has {kept}",
            f"Write {NOTES} twice now, and keep notes.generation after each of the two uploads.",
            earned=1,
        )
    return Passed(f"{NOTES} has {len(kept)} generations. A read gets the newest; the others are read by their number.")


def _generations_problem(given: tuple[int, ...], kept: list[int]) -> str:
    if any(number < _SMALLEST_GENERATION for number in given):
        return f"Versioning is on, and {min(given)} is no generation; metageneration counts changes of the metadata."
    missing = [number for number in given if number not in kept]
    if missing:
        return f"Versioning is on, but the generation {missing[0]} was overwritten before, and is not kept."
    if len(given) != 2 or given[0] == given[1]:
        return f"Versioning is on, and generations names {len(set(given))} of them: {list(given)}."
    if given[0] > given[1]:
        return f"Versioning is on, and generations begins with the newer one: {list(given)}."
    return ""


@exercise(
    "restore",
    points=3,
    hints=[
        'Look at `list_blobs(BUCKET, prefix="raw/wine.csv", versions=True)`: which generation has the checksum of your '
        "file, `local_crc32c`?",
        "Nothing is moved back. The old generation is *copied* over the live one, which thereby becomes an old one.",
        "`bucket.copy_blob(blob, bucket, blob.name, source_generation=…)`.",
    ],
    wrong=mistakes.RESTORE,
)
def restore(answers: Answers, cloud: Cloud) -> Verdict:
    """The good content is live again, and the damaged one is kept as an old generation."""
    answers.given("restored")
    kept = generations.of_object(cloud, answers.text("bucket"), DATA)
    good = [found for found in kept if found.crc32c == wines.crc32c(wines.csv_bytes())]
    live = generations.live(kept)
    if live is None:
        return Failed(
            f"{DATA} has no live generation: deleting the newest brings back none of the older ones.",
            "a live generation with the good content",
            "Copy the good generation over the name: bucket.copy_blob(…, source_generation=…).",
        )
    if live not in good:
        return Failed(
            f"The live generation of {DATA} is {live.number}, the damaged one.",
            f"the content with the checksum {wines.crc32c(wines.csv_bytes())}"
            + (f", as in generation {good[0].number}" if good else ""),
            "Copy the good generation over the live one: bucket.copy_blob(…, source_generation=…).",
        )
    damaged = [found for found in kept if found not in good and found.number > good[0].number]
    if not damaged:
        return Failed(
            f"{DATA} is good again, but the damaged generation is nowhere: nobody can see any more what went wrong.",
            "the damaged content, kept as an old generation",
            "Run the accident again, then copy, and delete nothing.",
            earned=2,
        )
    return Passed(
        f"Generation {live.number} has the good content again. Generation {damaged[-1].number}, the damaged one, is "
        "kept for whoever asks what happened."
    )


@exercise(
    "undelete",
    points=3,
    hints=[
        '`client.list_blobs(BUCKET, prefix="models/", soft_deleted=True)` shows what can still be brought back.',
        "Two were deleted. The newer one has the greater generation.",
        "`model = bucket.restore_blob(name, generation=…)`.",
    ],
    wrong=mistakes.UNDELETE,
)
def undelete(answers: Answers, cloud: Cloud) -> Verdict:
    """The newest model lives again, with the content that it had."""
    answers.given("model")
    bucket = cloud.storage().bucket(answers.text("bucket"))
    found = bucket.get_blob(MODEL)
    if found is None:
        return Failed(
            f"There is no live {MODEL}.",
            "the model of run 2, back under its name",
            f'bucket.restore_blob("{MODEL}", generation=…), with a generation of the soft-deleted list.',
        )
    content = found.download_as_bytes()
    if content == FIRST_MODEL:
        return Failed(
            f"{MODEL} is back, but it is the model of run 1, with accuracy 0.91.",
            "the model of run 2",
            "Of the soft-deleted generations restore the one with the greatest number: it was written last.",
            earned=1,
        )
    if content != SECOND_MODEL:
        return Failed(
            f"{MODEL} says {content[:60].decode(errors='replace')!r}: nobody had deleted that.",
            "the model of run 2, restored and not made again",
            "Run the accident again, then use bucket.restore_blob.",
        )
    return Passed(
        f"{MODEL} of run 2 is back, as generation {found.generation}: a restored object counts as a new write."
    )


@exercise(
    "cost",
    points=3,
    hints=[
        "Three lists: the plain one, that with `versions=True`, that with `soft_deleted=True`. Add up `blob.size`.",
        "`versions=True` lists the live ones too; `blob.time_deleted` is None for those.",
    ],
    wrong=mistakes.COST,
)
def cost(answers: Answers, cloud: Cloud) -> Verdict:
    """The bytes that are billed: live, noncurrent, soft-deleted."""
    given = answers.integers("billed")
    found = generations.of_bucket(cloud, answers.text("bucket"))
    sizes = {state: sum(each.size for each in found if each.state is state) for state in State}
    if len(given) != len(State):
        return Failed(
            f"billed has {len(given)} numbers.",
            "three: bytes that are live, noncurrent, soft-deleted",
            "Add up blob.size over each kind.",
        )
    wrong = [
        (number, state, size) for number, (state, size) in zip(given, sizes.items(), strict=True) if number != size
    ]
    if wrong:
        number, state, size = wrong[0]
        return Failed(
            _difference(number, state, size, found),
            f"{size} bytes",
            "Add up blob.size over that list, and over no other.",
            earned=len(State) - len(wrong),
        )
    times = f", {sum(given) / given[0]:.1f} times as many" if given[0] else ""
    return Passed(f"A list shows {given[0]:,} bytes, and you pay for {sum(given):,}{times}.")


def _difference(number: int, state: State, size: int, found: tuple[Generation, ...]) -> str:
    """What the wrong sum may be the sum of."""
    count = sum(1 for each in found if each.state is state)
    live = sum(each.size for each in found if each.state is State.LIVE)
    if number == count:
        return f"The {state.value} number is {number}: so many objects there are, and the bill is for bytes."
    if state is State.NONCURRENT and number == size + live:
        return f"The {state.value} number is {number}: it holds the live bytes a second time."
    return f"The {state.value} number is {number}."
