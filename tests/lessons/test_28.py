"""Lesson 28: processes that pay into one account, without and with a lock."""

from types import SimpleNamespace

import pytest

from support.lessons import RunLesson, import_lesson, parse_figure


def test_only_the_lock_keeps_all_payments(run_lesson: RunLesson) -> None:
    result = run_lesson("28", UPDATES=20_000, CASHIERS=3)
    assert (result.status, result.errors) == (0, [])
    without, with_lock, last = result.lines
    got = r"expected 60,000 cents, got ([\d,]+), lost [\d,]+ in \d+\.\d\d s"
    lost = r"lost of 60,000 cents: without lock ([\d,]+), with lock 0"
    balance = parse_figure(f"without lock: {got}", without)
    assert 0 < parse_figure(lost, last) == 60_000 - balance
    assert parse_figure(f"with lock: {got}", with_lock) == 60_000


def test_a_single_process_loses_nothing(run_lesson: RunLesson) -> None:
    result = run_lesson("28", UPDATES=2_000, CASHIERS=1)
    last = "lost of 2,000 cents: without lock 0, with lock 0"
    assert result.lines[-1] == last


def test_a_cashier_that_fails_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its payments are missing, but no other process has overwritten them."""
    statuses = iter([0, 1, 0, 0])

    def make_process(**_: object) -> SimpleNamespace:
        return SimpleNamespace(
            start=lambda: None, join=lambda: None, exitcode=next(statuses)
        )

    lesson = import_lesson("28")
    fake = SimpleNamespace(
        Value=lambda *_: SimpleNamespace(value=0),
        Barrier=lambda _: SimpleNamespace(wait=lambda: None),
        Process=make_process,
    )
    monkeypatch.setattr(lesson, "multiprocessing", fake)
    with pytest.raises(RuntimeError, match="a cashier failed"):
        lesson.measure_loss("without lock", lesson.pay_in)
