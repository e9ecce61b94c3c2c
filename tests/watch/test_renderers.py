"""Renderers draw a layout, wherever it comes from."""

import ast
from pathlib import Path

import pytest

from backstage import watch
from backstage.watch import terminal
from backstage.watch.figures import Bar
from backstage.watch.lanes import Lane
from backstage.watch.layout import Layout
from backstage.watch.phases import Phase
from backstage.watch.recording import Request
from backstage.watch.request_rows import Row
from backstage.watch.svg import draw_svg
from support.drawings import texts

FOLDER = Path(watch.__file__).parent
RENDERERS = [FOLDER / "terminal.py", *sorted((FOLDER / "svg").glob("*.py"))]
LAYOUT = Layout(
    headline="made by hand",
    command="a command",
    environment="a machine",
    summary="a summary",
    seconds=4.0,
    span=4.0,
    slices=32,
    lanes=[
        Lane(
            "worker",
            [*[{}] * 8, *[{"computing": 1.0}] * 8, *[{"timer": 1.0}] * 16],
        )
    ],
    phases=[Phase("way", 1.0, 3.0)],
    requests="1 request",
    rows=[Row("/a", [[[Request("/a", 1.0, 2.9, 200)]]])],
    memory=[(0.0, 1), (4.0, 2)],
    bars=[Bar("got", 3.0)],
    table=["a table"],
)
TEXT = """
made by hand
               |way
1 request
/a             ━━━━━━━━━━━━━━━━
worker         ████████----------------
memory ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄█
       0 s 0.5 1   1.5 2   2.5 3   3.5
got                 3 ████████████████████████████████████████████████████████
█ computing   - waits for a timer   ━ request
a summary
"""


def test_a_layout_made_by_hand_is_drawn_as_text() -> None:
    assert terminal.draw_text(LAYOUT) == TEXT.strip("\n")


def test_a_layout_made_by_hand_is_drawn_as_an_svg() -> None:
    written = texts(draw_svg(LAYOUT))
    for text in "made by hand", "way", "1 request", "/a", "worker", "got":
        assert text in written


@pytest.mark.parametrize("file", RENDERERS, ids=lambda file: file.stem)
def test_a_renderer_knows_neither_recordings_nor_lessons(file: Path) -> None:
    allowed = {"figures", "lanes", "layout", "phases", "request_rows", "svg"}
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            match str(node.module).split("."):
                case ["backstage", "watch", name, *_]:
                    assert name in allowed
                case ["backstage", package, *_]:
                    assert package == "drawing"
                case ["backstage"]:
                    pytest.fail("import what is needed by its full name")
            assert "Recording" not in [alias.name for alias in node.names]
