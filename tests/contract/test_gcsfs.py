"""gcsfs, and pandas through it: `gs://…` as a notebook writes it."""

import secrets

import pytest

files = pytest.mark.operation("files", client="gcsfs")
frames = pytest.mark.operation("frames", client="pandas")


@pytest.fixture
def file_system(cloud):
    gcsfs = pytest.importorskip("gcsfs")
    made = gcsfs.GCSFileSystem(project=cloud.project, skip_instance_cache=True)
    yield made
    made.invalidate_cache()


@pytest.fixture
def pandas(cloud):
    pytest.importorskip("gcsfs")
    return pytest.importorskip("pandas")


@pytest.fixture
def folder(bucket):
    return f"{bucket.name}/gcsfs/{secrets.token_hex(6)}"


@files
def test_a_file_is_written_in_blocks_and_read_in_part(file_system, folder):
    data = secrets.token_bytes(600 * 1024)
    with file_system.open(f"{folder}/big.bin", "wb", block_size=256 * 1024) as file:
        for start in range(0, len(data), 100 * 1024):
            file.write(data[start : start + 100 * 1024])

    assert file_system.info(f"{folder}/big.bin")["size"] == len(data)
    assert file_system.cat(f"{folder}/big.bin") == data
    with file_system.open(f"{folder}/big.bin", "rb") as file:
        file.seek(500_000)
        assert file.read(10) == data[500_000:500_010]
    assert file_system.cat_ranges([f"{folder}/big.bin"] * 2, [0, 7], [3, 9]) == [data[:3], data[7:9]]


@files
def test_folders_are_listed_copied_moved_and_removed(file_system, folder):
    file_system.pipe({f"{folder}/train/{name}": b"x" for name in ("0.csv", "1.csv", "notes.md")})

    assert file_system.ls(folder) == [f"{folder}/train"]
    assert file_system.glob(f"{folder}/**/*.csv") == [f"{folder}/train/0.csv", f"{folder}/train/1.csv"]
    file_system.cp(f"{folder}/train/0.csv", f"{folder}/copy.csv")
    file_system.mv(f"{folder}/train/1.csv", f"{folder}/moved.csv")
    file_system.rm(f"{folder}/train", recursive=True)
    file_system.invalidate_cache()
    assert file_system.find(folder) == [f"{folder}/copy.csv", f"{folder}/moved.csv"]


@frames
def test_a_frame_comes_back_as_it_was_written(pandas, folder):
    frame = pandas.DataFrame({"alcohol": [12.8, 9.4], "label": ["red", "weiß"]})
    frame.to_csv(f"gs://{folder}/wines.csv", index=False)

    pandas.testing.assert_frame_equal(pandas.read_csv(f"gs://{folder}/wines.csv"), frame)
    (rows,) = [list(part.label) for part in pandas.read_csv(f"gs://{folder}/wines.csv", chunksize=5)]
    assert rows == ["red", "weiß"]


@frames
def test_a_file_that_is_not_there_is_pythons_own_error(pandas, folder):
    with pytest.raises(FileNotFoundError, match=r"nothing\.csv"):
        pandas.read_csv(f"gs://{folder}/nothing.csv")
