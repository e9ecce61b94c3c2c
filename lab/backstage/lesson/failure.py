"""Descriptions of failures: one line, or the way to a mistake."""

import re
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from pathlib import Path

from backstage.errors import LabError

# A server that does not answer, a full disk, a killed worker, a constant that
# makes no sense. The exceptions of requests are OSErrors.
OUTSIDE_ERRORS = (OSError, BrokenExecutor, LabError)
HTTPX_OUTSIDE = ("HTTPError", "InvalidURL")  # in httpx, if it is imported


def describe_failure(error: Exception, main: Callable[[], None]) -> str:
    """Return what to print about the exception that ended a lesson.

    A failure that was caused outside the lesson (OUTSIDE_ERRORS) is one line.
    Any other exception is a mistake in the lesson: a line with the file, the
    line number and Python's message, and then the frames that lead to it.
    They are those of the lesson, and the last one.

    Args:
        error: The exception. In a group, the first mistake counts, or else
            the first exception.
        main: The lesson's function that raised it.
    """
    lesson = Path(main.__code__.co_filename).resolve()
    httpx = sys.modules.get("httpx")
    names = HTTPX_OUTSIDE if httpx else ()
    outside = (*OUTSIDE_ERRORS, *(getattr(httpx, name) for name in names))
    frames = traceback.extract_tb(error.__traceback__)
    while isinstance(error, ExceptionGroup):
        _, mistakes = error.split(outside)
        error = (mistakes or error).exceptions[0]
        frames += traceback.extract_tb(error.__traceback__)
    if isinstance(error, outside):
        return f"{lesson.name}: {_describe_in_one_line(error)}"
    frames += _frames_of_worker(error)
    own = [x for x in frames if Path(x.filename).resolve() == lesson]
    exception = traceback.TracebackException.from_exception(error)
    message = "".join(exception.format_exception_only()).rstrip()
    description = f"{lesson.name}, line {own[-1].lineno}: {message}"
    if _is_float_for_integer(error, main.__globals__):
        return description
    if frames[-1] != own[-1]:
        own.append(frames[-1])
    frames_text = traceback.StackSummary.from_list(own).format()
    return f"{description}\n{''.join(frames_text).rstrip()}"


def _frames_of_worker(error: Exception) -> list[traceback.FrameSummary]:
    """Return the frames in another process or interpreter.

    They arrive as text in the cause of the exception.
    """
    frame = r'File "(.+)", line (\d+), in (.+)'
    return [
        traceback.FrameSummary(file, int(line), function)
        for file, line, function in re.findall(frame, str(error.__cause__))
    ]


def _is_float_for_integer(error: Exception, names: dict[str, object]) -> bool:
    """Return whether a constant such as JOBS = 2.5 is the likely cause.

    Then the frames are of no help.
    """
    return (
        isinstance(error, TypeError)
        and "float" in str(error)
        and any(
            name.isupper() and isinstance(value, float)
            for name, value in names.items()
        )
    )


def _describe_in_one_line(error: Exception) -> str:
    # The name of it in requests and in httpx, whose property may raise.
    request = vars(error).get("request") or vars(error).get("_request")
    if request is not None and getattr(error, "response", None) is None:
        reason = " ".join(_root_reason(error).split())
        return f"{request.url}: {reason}"
    message = str(error).partition("\nFor more information")[0]  # of httpx
    return " ".join(message.split()) or type(error).__name__


def _root_reason(error: BaseException) -> str:
    """Return the message of the exception that came first."""
    while isinstance(cause := error.__cause__ or error.__context__, Exception):
        error = cause  # not a CancelledError, which asyncio's timeouts raise
    reason = getattr(error, "strerror", None) or str(error)
    return reason or type(error).__name__
