import subprocess
import sys
import textwrap
import venv
from pathlib import Path

import pytest

from labkit.localcloud.runtime import pip_shim, python_env


@pytest.fixture
def sdist(tmp_path):
    """What aiplatform makes of a script: a plain setup.py project, as .tar.gz."""
    project = tmp_path / "project"
    (project / "trainer").mkdir(parents=True)
    (project / "trainer" / "__init__.py").touch()
    (project / "trainer" / "task.py").write_text("print('trained')\n")
    (project / "README").touch()
    (project / "setup.py").write_text(
        "from setuptools import find_packages, setup\n"
        "setup(name='trainer', version='0.1', packages=find_packages(), install_requires=())\n"
    )
    subprocess.run(
        [sys.executable, "-W", "ignore", "setup.py", "-q", "sdist", "--formats=gztar"],
        cwd=project, check=True, capture_output=True,
    )  # fmt: skip
    return project / "dist" / "trainer-0.1.tar.gz"


def run(variables, *argv):
    return subprocess.run(argv, env=variables, capture_output=True, text=True, timeout=60, cwd=variables["HOME"])


def offline(base_env):
    """Any index is out of reach: an answer from one would be an error."""
    kept = {name: value for name, value in base_env.items() if not name.startswith("PIP_")}
    return {**kept, "PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0"}


def test_the_jobs_python_sees_what_this_one_sees_and_lives_in_the_jobs_folder(tmp_path, base_env):
    variables = python_env.create(tmp_path / "job").variables(base_env)
    code = """
        import importlib.util, os, site, sys, tempfile
        print(importlib.util.find_spec("torch").origin)
        for path in (sys.prefix, os.path.expanduser("~"), site.getuserbase(), tempfile.gettempdir()):
            print(path)
    """

    torch, *own = run(variables, "python3", "-c", textwrap.dedent(code)).stdout.split()

    assert Path(torch).is_relative_to(sys.prefix)
    assert all(Path(path).is_relative_to(tmp_path / "job") for path in own)


def test_the_sdks_two_pip_commands_work_offline(tmp_path, base_env, sdist):
    variables = python_env.create(tmp_path / "job").variables(offline(base_env))
    command = f"pip install --upgrade pip && pip3 install -q --user {sdist} && python3 -m trainer.task"

    done = run(variables, "sh", "-c", command)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{pip_shim.UPGRADES_PIP_ONLY}\ntrained\n"
    assert list((tmp_path / "job" / "home" / ".local").rglob("trainer/task.py"))


def test_a_package_that_is_not_there_is_asked_of_the_users_index_and_fails(tmp_path, base_env):
    variables = python_env.create(tmp_path / "job").variables(offline(base_env))

    done = run(variables, "pip", "install", "no-such-package-of-labkit")

    assert done.returncode == 1
    assert "Looking in indexes: http://127.0.0.1:9/" in done.stdout


def test_outside_a_virtual_environment_it_works_as_well(tmp_path, base_env):
    base_python = Path(sys._base_executable)
    code = f"""
        import sys; sys.path.insert(0, {str(Path(python_env.__file__).parents[3])!r})
        from pathlib import Path
        from labkit.localcloud.runtime import python_env
        print(python_env.create(Path({str(tmp_path / "job")!r})).bin)
    """
    made = subprocess.run([base_python, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)

    assert Path(made.stdout.strip()) == tmp_path / "job" / "venv" / "bin"
    variables = python_env.PythonEnv(tmp_path / "job").variables(base_env)
    assert run(variables, "python3", "-c", "import sys; print(sys.prefix)").stdout.strip() == str(
        tmp_path / "job" / "venv"
    )
    done = run(variables, "pip", "--version")
    assert done.stdout.startswith("pip ") or done.stderr.strip() == pip_shim.NO_PIP


def test_a_python_without_pip_says_so(tmp_path, base_env):
    venv.create(tmp_path / "bare", symlinks=True)

    done = subprocess.run(
        [tmp_path / "bare" / "bin" / "python", python_env.PIP_SHIM, "install", "numpy"], capture_output=True, text=True
    )

    assert (done.returncode, done.stderr.strip()) == (1, pip_shim.NO_PIP)


def test_variables_that_lead_elsewhere_are_not_inherited_and_the_path_is(tmp_path):
    env = python_env.PythonEnv(tmp_path)

    variables = env.variables({"PYTHONPATH": "/x", "PYTHONHOME": "/y", "PATH": "/bin", "HTTPS_PROXY": "p"})

    assert not {"PYTHONPATH", "PYTHONHOME"} & set(variables)
    assert variables["PATH"] == f"{env.bin}:{env.user_base / 'bin'}:/bin"
    assert variables["HTTPS_PROXY"] == "p"


def test_the_users_pip_configuration_is_kept_though_home_is_another(tmp_path):
    configuration = tmp_path / ".config" / "pip" / "pip.conf"
    configuration.parent.mkdir(parents=True)
    configuration.touch()
    env = python_env.PythonEnv(tmp_path / "job")

    assert env.variables({"HOME": str(tmp_path)})["PIP_CONFIG_FILE"] == str(configuration)
    assert env.variables({"HOME": str(tmp_path), "PIP_CONFIG_FILE": "mine"})["PIP_CONFIG_FILE"] == "mine"
    assert "PIP_CONFIG_FILE" not in env.variables({"HOME": str(tmp_path / "other")})


@pytest.mark.parametrize(
    ("arguments", "answered"),
    [
        ("install --upgrade pip", True),
        ("install -q -U pip", True),
        ("install pip", False),
        ("install --upgrade pip numpy", False),
        ("install --upgrade numpy", False),
        ("--version", False),
    ],
)
def test_only_an_upgrade_of_pip_alone_is_answered_by_the_shim(arguments, answered):
    assert pip_shim.only_upgrades_pip(arguments.split()) is answered


def test_an_archive_that_names_its_own_build_system_gets_it(tmp_path, sdist):
    import tarfile

    modern = tmp_path / "modern-1.0.tar.gz"
    (tmp_path / "pyproject.toml").touch()
    with tarfile.open(modern, "w:gz") as archive:
        for name in ("pyproject.toml", "setup.py"):
            archive.add(tmp_path / "pyproject.toml", f"modern-1.0/{name}")

    assert pip_shim.is_plain_sdist(str(sdist))
    assert not pip_shim.is_plain_sdist(str(modern))
    assert not pip_shim.is_plain_sdist("requests")
