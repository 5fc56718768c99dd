from pathlib import PurePosixPath

import pytest

from labkit.localcloud.runtime import dockerfile
from labkit.localcloud.runtime.dockerfile import Copy, DockerfileError


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "Dockerfile"
        path.write_text(text)
        return dockerfile.read(path)

    return read


def test_what_it_says_about_running_is_read(read):
    recipe = read(
        """\
# syntax comment
FROM python:3.12-slim
ARG VERSION=2.13.0
ENV MODE=serve DATA="two words"
ENV TORCH=torch==${VERSION} OLD=$MODE
env OLD_FORM the whole rest
WORKDIR /app
WORKDIR src
RUN pip install \\
    # a comment between
    torch
EXPOSE 8080
LABEL a=b
ENTRYPOINT ["python", "server.py"]
CMD ["--fast"]
"""
    )

    assert recipe.env == {
        "MODE": "serve", "DATA": "two words", "TORCH": "torch==2.13.0", "OLD": "serve", "OLD_FORM": "the whole rest",
    }  # fmt: skip
    assert recipe.workdir == PurePosixPath("/app/src")
    assert recipe.runs == ["pip install torch"]
    assert (recipe.entrypoint, recipe.cmd) == (("python", "server.py"), ("--fast",))


def test_the_shell_form_runs_in_a_shell(read):
    assert read("FROM python\nCMD python server.py --port $PORT\n").cmd == (
        "/bin/sh",
        "-c",
        "python server.py --port $PORT",
    )


@pytest.mark.parametrize(
    ("line", "copy"),
    [
        ("COPY server.py ./", Copy(("server.py",), PurePosixPath("/app"), into=True)),
        ("COPY server.py .", Copy(("server.py",), PurePosixPath("/app"), into=True)),
        ("COPY server.py main.py", Copy(("server.py",), PurePosixPath("/app/main.py"), into=False)),
        ("COPY --chown=1:1 a b /srv", Copy(("a", "b"), PurePosixPath("/srv"), into=True)),
    ],
)
def test_copies_are_placed_as_docker_places_them(read, line, copy):
    assert read(f"FROM python\nWORKDIR /app\n{line}\n").copies == [copy]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("FROM tensorflow/tensorflow\n", "line 1: FROM tensorflow/tensorflow: the base must be Docker Hub's python"),
        ("FROM python\nUSER me\n", "line 2: USER is not supported by the local cloud"),
        (
            "FROM python\nCOPY --from=build /x /y\n",
            "line 2: COPY --from=build /x /y: only files of the image's own folder",
        ),
        ("FROM python\nCOPY x\n", "line 2: COPY x: COPY needs a source and a target"),
        ("FROM python\nCMD [1]\n", "line 2: CMD [1]: a command is a list of strings"),
        ('FROM python\n\nCMD ["python"\n', "line 3: CMD"),
    ],
)
def test_what_cannot_be_honoured_is_refused_with_its_line(read, text, words):
    with pytest.raises(DockerfileError) as caught:
        read(text)
    assert words in str(caught.value)
