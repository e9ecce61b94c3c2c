"""Fixtures for the tests of `lab choose`."""

from pathlib import Path

import pytest

from backstage.choose import measurement, preparation, worker_search
from support.machines import measure_on

__all__ = ["measure_on"]

TESTS = Path(__file__).parents[1]


@pytest.fixture
def functions(traced: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make support.functions importable, and take few and short samples."""
    monkeypatch.chdir(TESTS)
    monkeypatch.setattr(measurement, "MAX_ROUNDS", 3)
    monkeypatch.setattr(measurement, "SAMPLE", 0.05)
    monkeypatch.setattr(worker_search, "PEEK", 0.05)
    monkeypatch.setattr(preparation, "MAX_THREADS", 10)
    monkeypatch.setattr(worker_search, "MAX_PROCESSES", 1)
