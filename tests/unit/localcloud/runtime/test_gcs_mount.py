import asyncio

import pytest

from labkit.localcloud.runtime.gcs_mount import GcsMount


class Mounted:
    """A filled mount, and what it reported."""

    def __init__(self, tree, folder):
        self.reports = []
        self.tree = tree
        self.mount = GcsMount(folder, tree, self.reports.append)
        asyncio.run(self.mount.fill())
        self.bucket = self.mount.root.view / "bucket"

    def sync(self, times=1):
        for _ in range(times):
            asyncio.run(self.mount.sync())

    def finish(self):
        asyncio.run(self.mount.finish())


@pytest.fixture
def mount(tree, tmp_path):
    return lambda: Mounted(tree, tmp_path / "gcs")


def test_all_objects_of_all_buckets_are_there_at_the_start(tree, mount):
    tree.data["empty"] = {}
    tree.put("data/digits.csv", b"1,2")
    tree.put("folder/", b"")

    mounted = mount()

    assert (mounted.bucket / "data" / "digits.csv").read_bytes() == b"1,2"
    assert (mounted.bucket / "folder").is_dir()
    assert (mounted.bucket.parent / "empty").is_dir()
    assert mounted.reports == []


def test_objects_that_cannot_be_files_are_left_out_and_reported_once(tree, mount):
    for name in ("a", "a/b", "../evil", "x//y"):
        tree.put(name, b"")

    mounted = mount()
    mounted.sync(2)
    mounted.finish()

    assert len(mounted.reports) == 3
    assert any("gs://bucket/../evil" in report for report in mounted.reports)
    assert not (mounted.bucket.parent / "evil").exists()
    assert tree.names() == ["../evil", "a", "a/b", "x//y"]


def test_a_new_file_becomes_an_object_when_two_looks_agree(tree, mount):
    mounted = mount()
    (mounted.bucket / "model").mkdir()
    (mounted.bucket / "model" / "m.pt2").write_bytes(b"weights")

    mounted.sync()
    assert tree.names() == []
    mounted.sync()
    assert tree.content("model/m.pt2") == b"weights"


def test_at_the_end_everything_is_written_at_once(tree, mount):
    tree.put("old", b"1")
    tree.put("gone", b"1")
    mounted = mount()
    (mounted.bucket / "old").write_bytes(b"22")
    (mounted.bucket / "gone").unlink()
    (mounted.bucket / "new").write_bytes(b"3")

    mounted.finish()

    assert {name: tree.content(name) for name in tree.names()} == {"old": b"22", "new": b"3"}


def test_an_untouched_file_is_not_written_again(tree, mount):
    generation = tree.put("same", b"1")
    mounted = mount()

    mounted.sync(2)
    mounted.finish()

    assert tree.data["bucket"]["same"][0] == generation


def test_a_file_follows_an_object_that_others_change_and_delete(tree, mount):
    tree.put("changed", b"1")
    tree.put("deleted", b"1")
    mounted = mount()
    tree.put("changed", b"2")
    tree.put("added", b"3")
    del tree.data["bucket"]["deleted"]

    mounted.sync()

    files = {path.name: path.read_bytes() for path in mounted.bucket.iterdir()}
    assert files == {"changed": b"2", "added": b"3"}


def test_a_bucket_made_meanwhile_appears(tree, mount):
    mounted = mount()
    tree.data["later"] = {}
    tree.put("o", b"1", bucket="later")

    mounted.sync()

    assert (mounted.bucket.parent / "later" / "o").read_bytes() == b"1"


def test_a_folder_that_is_no_bucket_is_reported_once_and_makes_none(tree, mount):
    mounted = mount()
    (mounted.bucket.parent / "my-bukcet").mkdir()

    mounted.sync(2)
    mounted.finish()

    assert list(tree.data) == ["bucket"]
    assert mounted.reports == [
        "/gcs/my-bukcet is not stored: the project has no bucket 'my-bukcet'. Create the bucket first."
    ]


def test_links_are_not_followed_out_of_the_view(tree, mount, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    tree.put("folder/o", b"1")
    mounted = mount()
    (mounted.bucket / "link").symlink_to(outside / "secret")
    (mounted.bucket / "links").symlink_to(outside)
    (mounted.bucket / "folder" / "o").unlink()
    (mounted.bucket / "folder").rmdir()
    (mounted.bucket / "folder").symlink_to(outside)
    tree.put("folder/o", b"2")  # another writes: the download must not go through the link

    mounted.sync(2)
    mounted.finish()

    assert tree.names() == ["folder/o"]
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert any("bucket/link is not stored" in report for report in mounted.reports)
    assert any("symbolic link" in report for report in mounted.reports)


def test_a_refused_write_is_reported_once_and_the_rest_goes_on(tree, mount):
    tree.denied.add("forbidden")
    mounted = mount()
    (mounted.bucket / "forbidden").write_bytes(b"1")
    (mounted.bucket / "allowed").write_bytes(b"1")

    mounted.sync(3)
    mounted.finish()

    assert tree.names() == ["allowed"]
    assert len(mounted.reports) == 1
    assert "Cannot upload gs://bucket/forbidden: Permission 'storage.objects.create' denied" in mounted.reports[0]


def test_a_bucket_that_may_not_be_listed_loses_no_file(tree, mount):
    tree.put("o", b"1")
    mounted = mount()
    tree.denied.add("bucket")

    mounted.sync(2)

    assert (mounted.bucket / "o").read_bytes() == b"1"
    assert mounted.reports[0].startswith("/gcs/bucket cannot be shown: Permission")


def test_a_name_that_is_not_utf8_is_reported(tree, mount):
    mounted = mount()
    try:
        (mounted.bucket / "caf\udce9").write_bytes(b"1")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")

    mounted.finish()

    assert tree.names() == []
    assert "caf\\udce9 is not stored" in mounted.reports[0]


def test_following_carries_over_while_it_lasts_and_at_its_end(tree, tmp_path, eventually):
    async def scenario():
        mount = GcsMount(tmp_path / "gcs", tree, print)
        async with mount.following(every=0.02) as root:
            (root.view / "bucket" / "during").write_bytes(b"1")
            await eventually(lambda: "during" in tree.names())
            (root.view / "bucket" / "last").write_bytes(b"2")

    asyncio.run(asyncio.wait_for(scenario(), 5))

    assert tree.names() == ["during", "last"]
