import pytest

from labkit.localcloud.runtime.gcs_sync import Action, FileStamp, Pair, reconcile
from labkit.localcloud.runtime.object_tree import ObjectKey

KEY = ObjectKey("bucket", "name")
OLD, NEW = FileStamp(1, 10), FileStamp(2, 10)
KNOWN = Pair(OLD, generation=1)


def decide(pair, generation, now, before):
    """The step for one object; None for a file, an object or a pair that is not there."""

    def only(value):
        return {} if value is None else {KEY: value}

    return reconcile(only(pair), only(generation), only(now), before if before is None else only(before[0])).get(KEY)


def look(stamp):
    return (stamp,)


@pytest.mark.parametrize(
    ("pair", "generation", "now", "before", "step"),
    [
        (KNOWN, 1, OLD, look(OLD), None),
        # The object changed, the file did not.
        (None, 1, None, look(None), Action.DOWNLOAD),
        (KNOWN, 2, OLD, look(OLD), Action.DOWNLOAD),
        (KNOWN, None, OLD, look(OLD), Action.DELETE_FILE),
        # The file changed: once while it is settling, then for good.
        (None, None, NEW, look(None), None),
        (None, None, NEW, look(NEW), Action.UPLOAD),
        (KNOWN, 1, NEW, look(OLD), None),
        (KNOWN, 1, NEW, look(NEW), Action.UPLOAD),
        (KNOWN, 1, NEW, None, Action.UPLOAD),
        # Both changed: the job's file wins.
        (KNOWN, 2, NEW, look(NEW), Action.UPLOAD),
        (None, 1, NEW, look(NEW), Action.UPLOAD),
        (KNOWN, None, NEW, look(NEW), Action.UPLOAD),
        # The file was deleted.
        (KNOWN, 1, None, look(OLD), None),
        (KNOWN, 1, None, look(None), Action.DELETE_OBJECT),
        (KNOWN, 2, None, look(None), Action.DOWNLOAD),
        (KNOWN, None, None, look(None), Action.FORGET),
    ],
)
def test_what_is_done_when_file_and_object_differ(pair, generation, now, before, step):
    assert decide(pair, generation, now, before) is step
