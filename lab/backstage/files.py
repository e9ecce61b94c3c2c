"""Text files that are written completely or not at all, and blocks in them."""

from pathlib import Path

from backstage.errors import LabError, UsageError


def write_atomically(path: Path, content: str) -> None:
    """Write a text file, or leave the old one as it was.

    Args:
        path: The path of the file. A missing folder is created.
        content: What to write, in UTF-8.

    Raises:
        OSError: If the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(content, "utf-8", newline="\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def has_block(text: str, name: str) -> bool:
    """Return whether a page has a block of that name."""
    return _begin_marker(name) in text


def check_writable(file: Path) -> None:
    """Check that a file can be written, before the work that fills it.

    Raises:
        UsageError: If its folder is missing, or if it is a folder itself.
    """
    if file.is_dir() or not file.parent.is_dir():
        raise UsageError(f"cannot write a file at {file}")


def replace_block(text: str, name: str, block: str, page: str) -> str:
    """Return a page with other lines between the markers of a block.

    Args:
        text: The text of the page. It has the lines "<!-- NAME: begin -->" and
            "<!-- NAME: end -->".
        name: The name of the block.
        block: The new lines, without the line break at their end.
        page: The name of the page, for errors.

    Raises:
        LabError: If a marker is missing or repeated, or if the end comes
            first.
    """
    begin = _begin_marker(name)
    end = f"<!-- {name}: end -->\n"
    for marker in begin, end:
        count = text.count(marker)
        if count != 1:
            raise LabError(
                f"{page}: {marker[:-1]} is there {count} times, not once"
            )
    before, _, rest = text.partition(begin)
    _, separator, after = rest.partition(end)
    if not separator:
        raise LabError(f"{page}: {end[:-1]} stands before {begin[:-1]}")
    return f"{before}{begin}{block}\n{end}{after}"


def _begin_marker(name: str) -> str:
    return f"<!-- {name}: begin -->\n"
