"""The bodies of the site's pages, the same in every run."""

import io
import struct
import zlib
from functools import lru_cache
from random import Random

WORDS = """a thread waits for its turn while another one holds the lock and
every task that awaits an answer gives the loop back so that pages arrive in
any order and the pool hands out work as soon as a worker is free""".split()


def make_png(width: int, height: int) -> bytes:
    """Return a PNG file of grey pixels, the darkest at the left.

    The format is described in https://www.w3.org/TR/png-3/.
    """

    def make_chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    row = b"\0" + bytes(255 * x // width for x in range(width))
    pixels = zlib.compress(row * height)
    return (
        b"\x89PNG\r\n\x1a\n"
        + make_chunk(b"IHDR", header)
        + make_chunk(b"IDAT", pixels)
        + make_chunk(b"IEND", b"")
    )


@lru_cache(maxsize=32)
def make_photo(n: int) -> bytes:
    """Return a JPEG file of 0.2 to 2 MB, the larger the larger `n % 20` is.

    It shows coloured clouds, which are different for each `n`.
    """
    # Not at the top: the site of most lessons starts sooner without it.
    from PIL import Image

    width = 800 + 76 * (n % 20)
    height = width * 3 // 4
    small = width // 4, height // 4
    noise = Random(n).randbytes(small[0] * small[1] * 3)
    image = Image.frombytes("RGB", small, noise)
    file = io.BytesIO()
    image.resize((width, height)).save(file, "JPEG", quality=90)
    return file.getvalue()


def make_html(title: str, first_section: int, size: int) -> str:
    """Return an HTML page to parse, with links and tables.

    Args:
        title: The title and the first heading.
        first_section: The number of the section to begin with. It makes the
            content of pages different.
        size: The number of characters that the page has at least. It has at
            most one section more.
    """
    head = f"<head><title>{title}</title></head>"
    parts = [f"<!DOCTYPE html>\n<html>{head}<body><h1>{title}</h1>\n"]
    length = len(parts[0])
    while length < size:
        parts.append(SECTIONS[(first_section + len(parts)) % len(SECTIONS)])
        length += len(parts[-1])
    return "".join([*parts, "</body></html>\n"])


def _make_section(number: int) -> str:
    """Return a heading, a paragraph with a link, and a table."""
    shift = number % len(WORDS)
    words = WORDS[shift:] + WORDS[:shift]
    rows = "".join(
        f"<tr><td>{word}</td><td>{number * len(word)}</td></tr>"
        for word in words[:4]
    )
    link = f'<a href="/page/{number}">{words[-1]}</a>'
    return (
        f"<h2>{words[0].title()} {words[1]}</h2>"
        f"<p>{' '.join(words)} {link}</p>"
        f"<table>{rows}</table>\n"
    )


SECTIONS = [_make_section(number) for number in range(97)]
