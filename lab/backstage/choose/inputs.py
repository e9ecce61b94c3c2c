"""The user's function, and the inputs that it is called with."""

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from backstage.errors import UsageError

MAX_SHOWN = 60  # characters of an input in a message

Function = Callable[..., Any]
Arguments = tuple[Any, ...]  # of one call


def read_inputs(sources: Sequence[str]) -> list[str]:
    """Return the expressions for a function's inputs.

    Args:
        sources: Expressions, and names of files that have an input on each
            line. A line is a Python literal; otherwise its text is a string.

    Raises:
        UsageError: If a file cannot be read, or there is no input in them.
    """
    expressions = list[str]()
    for word in sources:
        file = Path(word)
        try:
            is_file = file.is_file()
        except OSError:  # Python 3.12 and 3.13: too long for a file's name
            is_file = False
        expressions += _read_file(file) if is_file else [word]
    if sources and not expressions:
        raise UsageError(f"there is no input in {sources[0]!r}")
    return expressions


def _read_file(file: Path) -> list[str]:
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: {error}") from None
    return [_parse_line(line) for line in lines if line.strip()]


def _parse_line(line: str) -> str:
    try:
        return repr(ast.literal_eval(line.strip()))
    except (ValueError, SyntaxError):
        return repr(line)


def load_calls(
    target: str, expressions: Sequence[str]
) -> tuple[Function, list[Arguments]]:
    """Return a function, and the arguments of its calls.

    Args:
        target: "module:function".
        expressions: Python expressions, which can use the names of the
            module; "*range(8)" is eight inputs. Without any, the function is
            called without arguments.

    Raises:
        UsageError: If there is no such function, or if an input cannot be
            evaluated or is not one that the function accepts.
    """
    module_name, _, path = target.partition(":")
    try:
        module = importlib.import_module(module_name)
        function: Any = module
        for name in path.split("."):
            function = getattr(function, name)
        if not callable(function):
            kind = type(function).__name__
            raise TypeError(f"it is not a function, but of type {kind}")
    except Exception as error:  # noqa: BLE001  the user's module may raise any
        raise UsageError(f"{target}: {describe_error(error)}") from None
    if not expressions:
        try:
            inspect.signature(function).bind()
        except TypeError as error:
            raise UsageError(f"it needs an --input: {error}") from None
        return function, [()]
    inputs = list[Any]()
    for expression in expressions:
        shown = f"{expression[:MAX_SHOWN]!r}"
        try:
            inputs += eval(f"[{expression}\n]", dict(vars(module)))
        except Exception as error:  # noqa: BLE001  the user's code may too
            message = f"no input in {shown}: {describe_error(error)}"
            raise UsageError(message) from None
    if not inputs:
        raise UsageError(f"there is no input in {expressions[0]!r}")
    return function, [_bind(function, value) for value in inputs]


def _bind(function: Function, value: Any) -> Arguments:
    """Return the arguments of a call with this input.

    A tuple is one argument if the function accepts that, otherwise several.

    Raises:
        UsageError: If the function accepts neither.
    """
    choices = [(value,), value] if isinstance(value, tuple) else [(value,)]
    for arguments in choices:
        try:
            inspect.signature(function).bind(*arguments)
        except TypeError as error:
            mismatch = error
        except ValueError:  # written in C, without a signature
            return (value,)
        else:
            return arguments
    shown = f"{value!r:.{MAX_SHOWN}}"
    raise UsageError(f"the input {shown} does not fit: {mismatch}")


def describe_error(error: BaseException) -> str:
    """Return an error as one line, with its class.

    If an interpreter cannot import something, the interesting error stands
    in the text of the last cause.
    """
    while type(error).__name__ == "NotShareableError" and error.__cause__:
        error = error.__cause__
    original = re.search(r"(?m)^\w+Error: .+", str(error))
    if original:
        return original[0]
    text = " ".join(str(error).split())
    name = type(error).__name__
    return f"{name}: {text}" if text else name
