"""Functions of many kinds. choosing.py has a model chosen for each."""

import asyncio
import json
import re
import time
import urllib.request
import zlib
from hashlib import pbkdf2_hmac
from pathlib import Path
from random import Random

from bs4 import BeautifulSoup

HTML = "<p>words <a href='x'>a link</a> and <b>more</b> words</p>" * 60
TEXT = "one@example.org, 2026-11-21 and 127.0.0.1; " * 1_500
ROWS = [{"id": n, "name": f"row {n}", "tags": ["a", "b"]} for n in range(900)]
DATA = Random(1).randbytes(150_000) * 2
NUMBERS = Random(1).choices(range(10**6), k=30_000)


def parse(copies: int) -> int:
    return len(BeautifulSoup(HTML * copies, "html.parser")("a"))


def hash_password(rounds: int) -> bytes:
    return pbkdf2_hmac("sha256", b"password", b"salt", rounds)


def search(pattern: str) -> int:
    return len(re.findall(pattern, TEXT))


def sleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def request(url: str) -> int:
    with urllib.request.urlopen(url, timeout=9) as response:
        return len(response.read())


def through_json(copies: int) -> int:
    return len(json.loads(json.dumps(ROWS * copies)))


def add(number: int) -> int:
    return number + number


def read(path: str) -> int:
    return sum(Path(path).read_bytes()[::4096])


def compress(level: int) -> int:
    return len(zlib.compress(DATA, level))


def sort(times: int) -> int:
    return sum(sorted(NUMBERS)[k] for k in range(times))


def count_primes(most: int) -> int:
    return sum(all(n % k for k in range(2, n)) for n in range(2, most))


def split(copies: int) -> list[str]:
    return (TEXT * copies).split()


def mix(seconds: float) -> int:
    time.sleep(seconds)
    return count_primes(300)


async def wait(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return seconds
