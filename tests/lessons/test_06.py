"""Lesson 06: threads that pay into one account, and money gets lost."""

import re

import pytest
from conftest import GIL, Taker, figure, imported


def lost_in(told: str) -> int:
    return int(figure(r" ([\d,]+) at \d+\.\d\d us", told))


def test_payments_are_lost_at_every_run(
    request: pytest.FixtureRequest,
) -> None:
    lesson = imported("06")
    for _ in range(request.config.getoption("--runs")):
        lost = lost_in(lesson.measure("", [lesson.pay] * lesson.THREADS))
        assert 0 < lost < lesson.UPDATES * lesson.THREADS
        bare = lesson.measure("", [lesson.pay_bare] * lesson.THREADS)
        assert GIL == "off" or lost_in(bare) == 0


def test_expected_got_and_lost_are_told(take: Taker) -> None:
    result = take("06", UPDATES=2_000, THREADS=3)
    assert (result.status, result.errors) == (0, [])
    rounded, bare, last = result.lines
    losses = re.fullmatch(
        r"lost: rounded ([\d,]+) at [\d.]+ us, bare ([\d,]+) at [\d.]+ us "
        rf"\(GIL {GIL}\)",
        last,
    )
    assert losses
    for name, line, lost in zip(
        ["rounded", "bare"], [rounded, bare], losses.groups(), strict=True
    ):
        told = rf"{name} +[\d.]+ s: expected 6,000 cents, got ([\d,]+)"
        assert figure(told, line) == 6_000 - int(lost.replace(",", ""))
