"""The layers of `backstage`: imports point downwards only."""

import ast
from pathlib import Path

import pytest

import backstage

FOLDER = Path(backstage.__file__).parent
# From the top to the bottom. A part may import itself and the layers below.
LAYERS = [
    {"cli"},
    {"live", "takes"},
    {"bench", "choose", "inspection", "watch"},
    {"course"},
    {"drawing", "lesson", "site", "tables"},
    {"feed", "files", "processes", "system"},
    {"errors"},
]
MODULES = sorted(
    path for path in FOLDER.rglob("*.py") if path != FOLDER / "__init__.py"
)
MAX_LINES = 300  # of a module
MAX_CLASS_LINES = 150


def part_of(module: Path) -> str:
    """Return the package or module directly below `backstage`."""
    return module.relative_to(FOLDER).parts[0].removesuffix(".py")


def layer_of(part: str) -> int:
    return next(n for n, parts in enumerate(LAYERS) if part in parts)


def imported_parts(module: Path) -> set[str]:
    """Return the parts of `backstage` that a module imports anywhere."""
    parts = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        parts |= {
            name.split(".")[1]
            for name in names
            if name.startswith("backstage.")
        }
    return parts


def test_every_part_has_a_layer() -> None:
    parts = {part_of(module) for module in MODULES}
    assert parts == set().union(*LAYERS)


@pytest.mark.parametrize(
    "module", MODULES, ids=lambda path: path.relative_to(FOLDER).as_posix()
)
def test_imports_point_downwards(module: Path) -> None:
    own = part_of(module)
    for part in imported_parts(module) - {own, "practice_site", "run"}:
        assert layer_of(part) > layer_of(own), f"{own} imports {part}"


@pytest.mark.parametrize(
    "module", MODULES, ids=lambda path: path.relative_to(FOLDER).as_posix()
)
def test_a_module_and_its_classes_are_short(module: Path) -> None:
    text = module.read_text("utf-8")
    assert len(text.splitlines()) <= MAX_LINES
    lengths = {
        node.name: (node.end_lineno or 0) - node.lineno + 1
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
    }
    assert {n: x for n, x in lengths.items() if x > MAX_CLASS_LINES} == {}
