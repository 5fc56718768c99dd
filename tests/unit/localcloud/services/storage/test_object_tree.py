import pytest

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.storage.object_tree import StorageTree

NUMBER = "100000000001"
BUCKET = "//storage.googleapis.com/projects/_/buckets/lab-data"
TRAINER = Principal("trainer@student-lab.iam.gserviceaccount.com")


@pytest.fixture
def tree(gcs):
    """That of an account that may do everything with objects of the bucket."""
    gcs.policies.grant(BUCKET, "roles/storage.objectUser", TRAINER.member)
    return StorageTree(gcs.guard, TRAINER, NUMBER)


def test_the_tree_names_buckets_and_objects(gcs, tree):
    gcs.bucket("lab-models")
    generation = int(gcs.upload("train/digits.csv", b"1,2").json()["generation"])

    assert gcs.run(tree.buckets()) == ["lab-data", "lab-models"]
    (stat,) = gcs.run(tree.objects("lab-data"))
    assert (stat.name, stat.generation, stat.size) == ("train/digits.csv", generation, 3)


def test_the_buckets_of_other_projects_are_not_there(gcs):
    assert gcs.run(StorageTree(gcs.guard, TRAINER, "999").buckets()) == []


def test_an_object_is_copied_out_with_its_generation(gcs, tree, tmp_path):
    generation = int(gcs.upload("a", b"bytes").json()["generation"])

    assert gcs.run(tree.read("lab-data", "a", tmp_path / "copy")) == generation
    assert (tmp_path / "copy").read_bytes() == b"bytes"


def test_a_file_becomes_an_object(gcs, tree, tmp_path):
    data = b"0123456789abcdef" * 100_000  # more than one piece
    (tmp_path / "model.pt").write_bytes(data)
    generation = gcs.run(tree.write("lab-data", "out/model.pt", tmp_path / "model.pt"))

    assert gcs.download("out/model.pt").content == data
    assert gcs.download("out/model.pt").headers["x-goog-generation"] == str(generation)


def test_an_object_is_deleted(gcs, tree):
    gcs.upload("a")
    gcs.run(tree.delete("lab-data", "a"))

    assert gcs.run(tree.objects("lab-data")) == []


def test_what_is_not_there_is_not_found(gcs, tree, tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    for call in (
        tree.objects("nowhere"),
        tree.read("lab-data", "nothing", tmp_path / "copy"),
        tree.write("nowhere", "a", tmp_path / "file"),
        tree.delete("lab-data", "nothing"),
    ):
        with pytest.raises(ApiError) as refused:
            gcs.run(call)
        assert refused.value.code is Code.NOT_FOUND
    assert not (tmp_path / "copy").exists()


def is_allowed(gcs, call):
    """Whether the call is made; one that is not must be denied to the account by name."""
    try:
        gcs.run(call)
    except ApiError as refused:
        is_denial = refused.code is Code.PERMISSION_DENIED and TRAINER.email in refused.message
        return pytest.fail(refused.message) if not is_denial else False
    return True


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("roles/storage.objectViewer", {"list", "read"}),
        ("roles/storage.objectCreator", {"write new"}),
        ("roles/storage.legacyBucketReader", {"list"}),
        ("roles/storage.objectUser", {"list", "read", "write new", "write over", "delete"}),
    ],
)
def test_a_job_may_do_with_gcs_what_its_account_may(gcs, tmp_path, role, allowed):
    gcs.upload("a", b"1")
    gcs.upload("b", b"2")
    (tmp_path / "file").write_bytes(b"x")
    gcs.policies.grant(BUCKET, role, TRAINER.member)
    tree = StorageTree(gcs.guard, TRAINER, NUMBER)
    calls = {
        "list": tree.objects("lab-data"),
        "read": tree.read("lab-data", "a", tmp_path / "copy"),
        "write new": tree.write("lab-data", "c", tmp_path / "file"),
        "write over": tree.write("lab-data", "a", tmp_path / "file"),
        "delete": tree.delete("lab-data", "b"),
    }

    done = {name for name, call in calls.items() if is_allowed(gcs, call)}

    assert done == allowed
