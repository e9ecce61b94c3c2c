"""Files that are there whole, or not at all."""

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
    "<!-- NAME: begin -->" and ends before "<!-- NAME: end -->".

    Raises ValueError where a marker is missing, or is there twice.
    """
    for marker in f"<!-- {name}: begin -->", f"<!-- {name}: end -->":
        if (count := text.count(f"{marker}\n")) != 1:
            raise ValueError(f"{marker} is there {count} times, not once")
    before, begin, rest = text.partition(f"<!-- {name}: begin -->\n")
    _, end, after = rest.partition(f"<!-- {name}: end -->\n")
    return f"{before}{begin}{block}\n{end}{after}"
