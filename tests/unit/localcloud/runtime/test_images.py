from pathlib import Path

import pytest

import labkit
from labkit.localcloud.runtime.images import Image, ImageCatalogue, ImageCommandError, ImageNotFoundError

COURSE = ImageCatalogue(Path(labkit.__file__).with_name("images"))
DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    "uri",
    [
        "europe-west4-docker.pkg.dev/my-project/course/torch-serve",
        "us-docker.pkg.dev/my-project/course/torch-serve:v1.2",
        f"europe-west4-docker.pkg.dev/example.com/my-project/course/torch-serve@{DIGEST}",
        f"europe-west4-docker.pkg.dev/my-project/course/deep/torch-serve:v1@{DIGEST}",
    ],
)
def test_a_course_image_is_found_in_any_repository(uri):
    image = COURSE.find(uri)

    assert image.argv((), ()) == ("python", "server.py")
    assert image.env["PYTHONUNBUFFERED"] == "1"
    assert "not in a container" in image.note


def test_every_course_image_can_be_read():
    assert COURSE.names() == ["torch-serve", "torch-train"]
    for name in COURSE.names():
        assert COURSE.find(f"europe-west4-docker.pkg.dev/p/r/{name}").workdir


@pytest.mark.parametrize(
    "uri",
    [
        "europe-docker.pkg.dev/vertex-ai/training/pytorch-cpu.2-4.py310:latest",
        "gcr.io/cloud-aiplatform/training/pytorch-xla.1-11:latest",
        "python:3.12-slim",
        "docker.io/library/python",
    ],
)
def test_googles_prebuilt_and_dockers_python_images_run_on_this_python(uri):
    assert COURSE.find(uri).argv(("python", "-m", "task"), ("--x",)) == ("python", "-m", "task", "--x")


@pytest.mark.parametrize(
    "uri",
    [
        "europe-west4-docker.pkg.dev/my-project/course/torch-sreve:v1",
        "gcr.io/my-project/torch-serve",
        "tensorflow/tensorflow:latest",
        "nginx",
        "localhost:5000/python",
        "",
    ],
)
def test_any_other_image_does_not_exist_and_the_error_says_what_does(uri):
    with pytest.raises(ImageNotFoundError) as caught:
        COURSE.find(uri)
    assert str(caught.value).startswith(f"The image {uri} does not exist. ")


def test_the_error_lists_the_courses_images():
    with pytest.raises(ImageNotFoundError, match="torch-serve, torch-train"):
        COURSE.find("europe-west4-docker.pkg.dev/my-project/course/unknown")


@pytest.mark.parametrize(
    ("command", "args", "argv"),
    [
        ((), (), ("entry", "cmd")),
        ((), ("args",), ("entry", "args")),
        (("command",), (), ("command",)),
        (("command",), ("args",), ("command", "args")),
    ],
)
def test_command_and_args_replace_entrypoint_and_cmd_as_in_kubernetes(command, args, argv):
    assert Image("i", entrypoint=("entry",), cmd=("cmd",)).argv(command, args) == argv


def test_an_image_without_a_command_asks_for_one():
    serving = COURSE.find("europe-docker.pkg.dev/vertex-ai/prediction/pytorch-cpu.2-4:latest")

    with pytest.raises(ImageCommandError, match="serve with torch-serve, or give a command"):
        serving.argv((), ())


def test_an_image_is_laid_out_as_its_dockerfile_says(tmp_path):
    source = tmp_path / "images" / "tool"
    (source / "lib").mkdir(parents=True)
    for name in ("main.py", "data.txt", "lib/a.py"):
        (source / name).write_text(name)
    (source / "Dockerfile").write_text(
        "FROM python\nWORKDIR /app\nCOPY main.py renamed.py\nCOPY lib ./lib\nCOPY main.py data.txt /srv/\n"
    )
    image = ImageCatalogue(tmp_path / "images").find("europe-west4-docker.pkg.dev/p/r/tool")

    image.lay_out(tmp_path / "root")

    files = {
        path.relative_to(tmp_path / "root").as_posix() for path in (tmp_path / "root").rglob("*") if path.is_file()
    }
    assert files == {"app/renamed.py", "app/lib/a.py", "srv/main.py", "srv/data.txt"}
    assert image.working_directory(tmp_path / "root") == tmp_path / "root" / "app"
