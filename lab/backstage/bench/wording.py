"""Numbers and names as they are written in sentences about results."""

import textwrap
from collections.abc import Iterable, Sequence

TIME_DIGITS = 3  # significant digits of a time beside its row


def format_number(number: float, digits: int = 2) -> str:
    """Return a number, with significant digits or as a whole number."""
    if number >= 10 ** (digits - 1):
        return f"{number:,.0f}"
    return f"{number:#.{digits}g}".rstrip(".")


def round_time(time: float) -> float:
    """Return a time as it is shown beside its row.

    Ratios are computed from these figures, so that readers who divide the
    times that they see get the same ratio.
    """
    return float(format_number(time, TIME_DIGITS).replace(",", ""))


def format_span(numbers: Iterable[float]) -> str:
    """Return the smallest and the largest number, such as "1.0 to 2.5".

    It is a single number if both are written the same.
    """
    ordered = sorted(numbers)
    smallest = format_number(ordered[0])
    largest = format_number(ordered[-1])
    return smallest if smallest == largest else f"{smallest} to {largest}"


def join(names: Sequence[str], word: str = "and") -> str:
    """Return names as an enumeration, with a word before the last one."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last


def capitalize(sentence: str) -> str:
    """Return a sentence with its first letter in upper case.

    Unlike `str.capitalize` it leaves all other letters as they are.
    """
    return sentence[:1].upper() + sentence[1:]


def first_that_fits(limit: int, *sentences: str) -> str:
    """Return the first sentence that is short enough.

    Args:
        limit: The most characters that a sentence may have.
        sentences: From the most detailed one to the shortest one.

    Returns:
        One of the sentences, or the last one with its end cut off if all are
        too long.
    """
    for sentence in sentences:
        if len(sentence) <= limit:
            return sentence
    return textwrap.shorten(sentences[-1], limit, placeholder=" …")
