import contextlib
import sqlite3

import pytest

from labkit.localcloud.core.store import Store, StoreVersionError


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "cloud.db")
    store.create("CREATE TABLE IF NOT EXISTS words (word TEXT PRIMARY KEY)")
    yield store
    store.close()


def words(store):
    return [row["word"] for row in store.connection.execute("SELECT word FROM words ORDER BY word")]


def test_a_commit_is_made_durable_before_it_returns(store):
    mode = store.connection.execute("PRAGMA journal_mode").fetchone()[0]
    level = store.connection.execute("PRAGMA synchronous").fetchone()[0]

    assert (mode, level) == ("wal", 2)


def test_a_transaction_that_raises_leaves_nothing(store):
    def half():
        with store.transaction() as connection:
            connection.execute("INSERT INTO words VALUES ('half')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()

    assert words(store) == []


def test_an_inner_transaction_is_undone_with_the_outer_one(store):
    def outer():
        with store.transaction():
            with store.transaction() as connection:
                connection.execute("INSERT INTO words VALUES ('inner')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        outer()

    assert words(store) == []


def test_an_inner_transaction_that_raises_spoils_only_what_the_caller_lets_it(store):
    with store.transaction() as connection:
        connection.execute("INSERT INTO words VALUES ('outer')")
        with pytest.raises(sqlite3.IntegrityError), store.transaction():
            connection.execute("INSERT INTO words VALUES ('outer')")

    assert words(store) == ["outer"]


def test_what_was_committed_is_there_after_opening_again(tmp_path, store):
    with store.transaction() as connection:
        connection.execute("INSERT INTO words VALUES ('kept')")
    store.close()
    again = Store(tmp_path / "cloud.db")

    assert words(again) == ["kept"]
    again.close()


def test_a_file_of_another_format_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "cloud.db"
    with contextlib.closing(sqlite3.connect(path)) as older:
        older.execute("CREATE TABLE things (name TEXT)")
    before = path.read_bytes()

    with pytest.raises(StoreVersionError, match=r"its format is 0.*labkit cloud reset"):
        Store(path)

    assert path.read_bytes() == before


def looked_up(store, word):
    return [row["word"] for row in store.lookup("SELECT word FROM words WHERE word = ?", (word,))]


def test_what_is_looked_up_again_is_the_same_until_something_changes(store):
    query = ("SELECT word FROM words WHERE word = ?", ("new",))

    assert store.lookup(*query) is store.lookup(*query)
    with store.transaction() as connection:
        connection.execute("INSERT INTO words VALUES ('new')")
    assert looked_up(store, "new") == ["new"]


def test_a_transaction_sees_its_own_changes_and_after_it_is_undone_nobody_does(store):
    def undone():
        with store.transaction() as connection:
            connection.execute("INSERT INTO words VALUES ('undone')")
            assert looked_up(store, "undone") == ["undone"]
            raise RuntimeError

    assert looked_up(store, "undone") == []
    with pytest.raises(RuntimeError):
        undone()

    assert looked_up(store, "undone") == []
