"""The mistakes students make with generations in lab 03, as code."""

from __future__ import annotations

from labkit.checking.exercise import WrongAnswer

_ON = "bucket.versioning_enabled = True\nbucket.patch()\n"
_OFF = "bucket.versioning_enabled = False\nbucket.patch()"


def _written_twice(answer: str) -> str:
    return f"""
notes = bucket.blob("notes.txt")
notes.upload_from_string("178 wines")
first = notes.generation
notes.upload_from_string("178 wines of three growers")
generations = {answer}
"""


VERSIONS = (
    WrongAnswer(
        "never_sent",
        code=f"bucket.versioning_enabled = True\n{_written_twice('[first, notes.generation]')}",
        message="Versioning is off",
        undo="bucket.reload()",
    ),
    WrongAnswer(
        "too_late",
        code=f"{_written_twice('[first, notes.generation]')}\n{_ON}",
        message="was overwritten before, and is not kept",
        undo=_OFF,
    ),
    WrongAnswer(
        "metagenerations",
        code=f"{_ON}{_written_twice('[1, notes.metageneration]')}",
        message="is no generation",
        undo=_OFF,
    ),
    WrongAnswer(
        "newest_first",
        code=f"{_ON}{_written_twice('[notes.generation, first]')}",
        message="begins with the newer one",
        undo=_OFF,
    ),
    WrongAnswer(
        "the_same_twice",
        code=f"{_ON}{_written_twice('[notes.generation, notes.generation]')}",
        message="names 1 of them",
        undo=_OFF,
    ),
)

RESTORE = (
    WrongAnswer(
        "only_read",
        code="""
            kept = client.list_blobs(BUCKET, prefix="raw/wine.csv", versions=True)
            good = next(blob for blob in kept if blob.crc32c == local_crc32c)
            good.download_as_bytes()
            restored = True
        """,
        message="the damaged one.",
    ),
    WrongAnswer(
        "deleted",
        code='bucket.delete_blob("raw/wine.csv")\nrestored = True',
        message="has no live generation",
        undo="accident()",
    ),
    WrongAnswer(
        "no_trace",
        code="""
            kept = list(client.list_blobs(BUCKET, prefix="raw/wine.csv", versions=True))
            good = next(blob for blob in kept if blob.crc32c == local_crc32c)
            bucket.copy_blob(good, bucket, good.name, source_generation=good.generation)
            for blob in kept:
                if blob.crc32c != local_crc32c:
                    blob.delete()
            restored = True
        """,
        message="the damaged generation is nowhere",
        undo="accident()",
    ),
)

# Without a generation: so it becomes an old one, and is not the newest of the soft-deleted.
_DELETE_MODEL = 'bucket.delete_blob("models/wine.txt")'

UNDELETE = (
    WrongAnswer(
        "the_older_one",
        code="""
            gone = client.list_blobs(BUCKET, prefix="models/", soft_deleted=True)
            oldest = min(gone, key=lambda blob: blob.generation)
            model = bucket.restore_blob(oldest.name, generation=oldest.generation)
        """,
        message="it is the model of run 1",
        undo=_DELETE_MODEL,
    ),
    WrongAnswer(
        "made_again",
        code='model = bucket.blob("models/wine.txt")\nmodel.upload_from_string("weights of run 3, accuracy 0.95")',
        message="nobody had deleted that",
        undo=_DELETE_MODEL,
    ),
    WrongAnswer(
        "only_found",
        code="""
            gone = client.list_blobs(BUCKET, prefix="models/", soft_deleted=True)
            model = max(gone, key=lambda blob: blob.generation)
        """,
        message="There is no live models/wine.txt",
    ),
)

_LISTS = """
live = list(client.list_blobs(BUCKET))
everything = list(client.list_blobs(BUCKET, versions=True))
gone = list(client.list_blobs(BUCKET, soft_deleted=True))
old = [blob for blob in everything if blob.time_deleted]


def size(blobs):
    return sum(blob.size for blob in blobs)


"""

COST = (
    WrongAnswer(
        "live_twice",
        code=f"{_LISTS}billed = [size(live), size(everything), size(gone)]",
        message="the live bytes a second time",
    ),
    WrongAnswer(
        "numbers_of_objects",
        code=f"{_LISTS}billed = [len(live), len(old), len(gone)]",
        message="so many objects there are",
    ),
    WrongAnswer(
        "nothing_deleted_counts",
        code=f"{_LISTS}billed = [size(live), size(old), 0]",
        message="The soft-deleted number is 0.",
    ),
    WrongAnswer("in_one", code=f"{_LISTS}billed = [size(everything) + size(gone)]", message="billed has 1 numbers"),
)
