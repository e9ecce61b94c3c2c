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
