import pytest

from labkit.localcloud.runtime.object_tree import can_be_file, can_be_object, files_of, is_folder_marker


@pytest.mark.parametrize("name", ["a", "a/b/c.txt", "ünï/ćode", ".hidden", "a b", "x" * 255])
def test_ordinary_names_can_be_files(name):
    assert can_be_file(name)


@pytest.mark.parametrize("name", ["", "/a", "a//b", "a/", "..", "a/../b", "./a", "a\0b", "x" * 256, "ä" * 128])
def test_names_that_no_file_can_have(name):
    assert not can_be_file(name)


def test_an_object_beside_a_folder_of_its_name_is_left_out():
    assert files_of(["a", "a/b", "c"]) == ({"a/b", "c"}, {"a"})


def test_a_folder_marker_is_no_file_and_nothing_to_report():
    assert files_of(["a/", "a/b", "../"]) == ({"a/b"}, {"../"})
    assert is_folder_marker("a/")


def test_a_file_name_that_is_not_utf8_cannot_be_an_object():
    assert not can_be_object("caf\udce9")
    assert not can_be_object("x/" * 513)
    assert can_be_object("café")
