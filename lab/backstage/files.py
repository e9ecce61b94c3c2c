"""Files that are there whole, or not at all, and blocks of text in them."""

from pathlib import Path


def write_whole(path: Path, content: str) -> None:
    """Write a text file, in place of one that may be there.

    Its folder is made where it is missing.

    Raises OSError where that cannot be; what was there is left as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(content, "utf-8", newline="\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def replace_block(text: str, name: str, block: str) -> str:
    """Return a page's text with other lines between the markers of a block.

    Arguments: `name`, of the block, which begins after the line
    "<!-- NAME: begin -->" and ends before "<!-- NAME: end -->"; `block`,
    without the line break at its end.

    Raises ValueError where a marker is missing or is there twice, or where
    the end comes first.
    """
    begin = f"<!-- {name}: begin -->\n"
    end = f"<!-- {name}: end -->\n"
    for marker in begin, end:
        count = text.count(marker)
        if count != 1:
            raise ValueError(f"{marker[:-1]} is there {count} times, not once")
    before, _, rest = text.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{end[:-1]} stands before {begin[:-1]}")
    return f"{before}{begin}{block}\n{end}{after}"
