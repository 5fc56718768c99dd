"""Imports run downwards only: labkit/README.md draws the layers."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "labkit"

# From the top. A module may import its own layer and those below; `localcloud` imports nothing of labkit above it.
LAYERS = [
    {"cli", "__main__"},
    {"lab", "progress", "authoring"},
    {"labs"},
    {"project"},
    {"auth"},
    {"checking"},
    {"cloud"},
    {"clients"},
    {"settings", "errors"},
    {"localcloud", "__init__"},
]

# Within the local cloud, from the top.
LOCAL_LAYERS = [
    {"keeper", "daemon", "server", "support"},
    {"assembly"},
    {"edge", "record"},
    {"services"},
    {"runtime"},
    {"wire", "iam"},
    {"core"},
    {"contract"},
    {"errors"},
]


def modules(package):
    return sorted(package.rglob("*.py"))


def imports(path, prefix):
    """Names below `prefix` that a module imports, except for type checking only."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and f"{node.module}.".startswith(prefix):
            rest = node.module.removeprefix(prefix.rstrip(".")).lstrip(".")
            yield from [rest.partition(".")[0]] if rest else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith(prefix):
                    yield alias.name.removeprefix(prefix).partition(".")[0]


def level(name, layers):
    return next((number for number, layer in enumerate(layers) if name in layer), None)


def upward(package, prefix, layers):
    for path in modules(package):
        own = path.relative_to(package).parts[0].removesuffix(".py")
        if own == "images":
            continue
        for name in imports(path, prefix):
            target = level(name, layers)
            if level(own, layers) is not None and target is not None and target < level(own, layers):
                yield f"{path.relative_to(PACKAGE)} imports {prefix}{name}"


def test_no_module_imports_a_layer_above_its_own():
    assert list(upward(PACKAGE, "labkit.", LAYERS)) == []


def test_the_local_cloud_imports_nothing_above_it():
    found = {name for path in modules(PACKAGE / "localcloud") for name in imports(path, "labkit.")}

    assert found == {"localcloud"}


def test_the_local_clouds_own_layers_run_downwards():
    known = [
        ("wire", "contract"),  # Transcoding needs a method's descriptors …
        ("contract", "wire"),  # … and routing a method's templates: `wire.path_template` and `wire.router` know no API.
    ]
    wrong = [
        line
        for line in upward(PACKAGE / "localcloud", "labkit.localcloud.", LOCAL_LAYERS)
        if not any(f"localcloud/{own}/" in line and line.endswith(f".{name}") for own, name in known)
    ]

    assert wrong == []


def test_the_local_cloud_imports_no_client_of_googles():
    for path in modules(PACKAGE / "localcloud"):
        assert list(imports(path, "google.cloud.")) == [], path
        assert list(imports(path, "google.auth")) == [], path


@pytest.mark.parametrize(
    "name", [path.stem for path in PACKAGE.glob("*.py")] + [path.name for path in PACKAGE.iterdir()]
)
def test_every_module_has_its_layer(name):
    stem = name.removesuffix(".py")
    known = set().union(*LAYERS) | {"images", "README.md", "__pycache__", "py.typed"}

    assert stem in known
