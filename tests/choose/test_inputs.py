"""The user's function and its inputs, from the command line."""

from pathlib import Path

import pytest

from backstage.choose.inputs import load_calls, read_inputs
from backstage.errors import UsageError


def test_inputs_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "inputs.txt"
    file.write_text("1\n\n(2, 'b')\nhttps://example.org\n", "utf-8")
    expressions = read_inputs([str(file), "*range(3)"])
    assert expressions == [
        "1",
        "(2, 'b')",
        "'https://example.org'",
        "*range(3)",
    ]


def test_files_without_inputs(tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.touch()
    with pytest.raises(UsageError, match="there is no input in"):
        read_inputs([str(empty)])
    binary = tmp_path / "bytes.dat"
    binary.write_bytes(b"\xff\n")
    with pytest.raises(UsageError, match=r"bytes\.dat: .* can't decode byte"):
        read_inputs([str(binary)])


def test_an_input_that_is_too_long_for_a_file_name() -> None:
    arguments = [f"[{'1, ' * 2_000}]"]
    assert read_inputs(arguments) == arguments


@pytest.mark.parametrize(
    ("name", "expressions", "result"),
    [
        ("multiply", ["(2, 3)"], 6),
        ("multiply", ["*[(2, 3), (3, 4)]"], 6),
        ("tiny", ["number"], 8),
        ("no_argument", [], 1),
    ],
)
def test_what_an_input_may_be(
    name: str, expressions: list[str], result: int
) -> None:
    function, calls = load_calls(f"support.functions:{name}", expressions)
    assert function(*calls[0]) == result


@pytest.mark.parametrize(
    ("name", "expressions", "message"),
    [
        ("nothing", [], "has no attribute 'nothing'"),
        ("number", [], "it is not a function, but of type int"),
        ("tiny", [], "it needs an --input"),
        ("tiny", ["1 +"], r"no input in '1 \+': SyntaxError"),
        ("tiny", ["*[]"], r"there is no input in '\*\[\]'"),
        ("multiply", ["1"], "the input 1 does not fit"),
    ],
)
def test_functions_and_inputs_that_cannot_be_used(
    name: str, expressions: list[str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        load_calls(f"support.functions:{name}", expressions)
