import gzip
import json
import shutil
import subprocess
import tarfile

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from labkit.localcloud.contract import compile as contract_compile
from labkit.localcloud.contract.apis import APIS
from labkit.localcloud.contract.descriptors import DATA, SUFFIX

SOURCE = "google-proto-files@6.0.1"


@pytest.fixture(scope="module")
def proto_root(tmp_path_factory):
    """The npm package the committed contract comes from, fetched anew."""
    folder = tmp_path_factory.mktemp("npm")
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed, so Google's protos cannot be fetched")
    fetched = subprocess.run(
        ["npm", "pack", SOURCE, "--silent"], cwd=folder, capture_output=True, text=True, timeout=300
    )
    if fetched.returncode:
        pytest.skip(f"npm could not fetch {SOURCE}: {fetched.stderr.strip()[-200:]}")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def contents(folder):
    # Compared unpacked: gzip's own bytes depend on the zlib that Python was built with.
    sets = {file.name: gzip.decompress(file.read_bytes()) for file in folder.glob(f"*{SUFFIX}")}
    return {**sets, "README.md": (folder / "README.md").read_bytes()}


def test_compiling_the_published_protos_gives_the_committed_contract(proto_root, tmp_path):
    sets = contract_compile.descriptor_sets(proto_root)

    contract_compile.write(sets, contract_compile.source_of(proto_root), tmp_path)

    assert contents(tmp_path) == contents(DATA)


def test_writing_twice_gives_the_same_bytes_and_no_stale_set(tmp_path):
    sets = {"common": FileDescriptorSet(file=[{"name": "a.proto"}, {"name": "b.proto"}])}
    contract_compile.write(sets, "protos 1", tmp_path)
    first = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    (tmp_path / f"removed.v1{SUFFIX}").write_bytes(b"stale")

    contract_compile.write(sets, "protos 1", tmp_path)

    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == first


def test_the_note_says_that_it_is_generated_and_from_what(tmp_path):
    contract_compile.write({}, "google-proto-files 6.0.1", tmp_path)

    note = (tmp_path / "README.md").read_text()

    assert "@generated" in note.splitlines()[0]
    assert "google-proto-files 6.0.1" in note


def test_the_source_is_read_from_the_package_itself(tmp_path):
    (tmp_path / "package.json").write_text(json.dumps({"name": "protos", "version": "1.2"}))

    assert contract_compile.source_of(tmp_path) == "protos 1.2"


def test_a_folder_without_the_protos_is_refused_by_name(tmp_path):
    with pytest.raises(RuntimeError, match=r"No protos of Vertex AI in .*aiplatform/v1"):
        contract_compile.descriptor_sets(tmp_path)


def test_protos_that_do_not_compile_are_refused_in_the_words_of_protoc(tmp_path):
    for api in APIS:
        (tmp_path / api.folder).mkdir(parents=True)
        (tmp_path / api.folder / "broken.proto").write_text("mesage")

    with pytest.raises(RuntimeError, match=r"protoc refused the protos in .*:\n.*\.proto"):
        contract_compile.descriptor_sets(tmp_path)


def test_a_wrong_command_line_shows_the_usage():
    with pytest.raises(SystemExit, match=r"usage: .* PROTO_ROOT"):
        contract_compile.main([])


def test_the_contract_stays_small():
    assert sum(file.stat().st_size for file in DATA.iterdir()) < 500_000
