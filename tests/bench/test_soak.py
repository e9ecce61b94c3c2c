"""soak.py: a load for long loses no request, and no memory grows."""

import re
import subprocess
import sys

import pytest

from backstage.bench.results import BENCHMARKS


@pytest.mark.slow
def test_a_short_load_loses_no_request() -> None:
    command = [sys.executable, str(BENCHMARKS / "soak.py")]
    command += ["--clients", "10", "--seconds", "1"]
    result = subprocess.run(
        command, capture_output=True, text=True, check=False
    )
    assert result.stderr == ""
    *progress, last = result.stdout.splitlines()
    assert len(progress) == 7
    figures = re.match(
        r"10 clients: ([\d,]+) requests sent, ([\d,]+) answered, 0 lost; ",
        last,
    )
    assert figures
    assert figures[1] == figures[2]
    growth = re.search(r"\((.+)%\)$", last)
    assert growth
    assert result.returncode == int(float(growth[1]) > 5)
