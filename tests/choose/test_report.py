"""What is printed of an advice."""

import re

import pytest

from backstage.choose.models import Advice, Model, Pickling
from backstage.choose.ranking import decide
from backstage.choose.report import (
    describe_advice,
    describe_function,
    describe_spread,
    format_seconds,
    print_advice,
    print_rule,
)
from backstage.choose.rules import Work


def make_advice(*models: Model) -> Advice:
    advice = Advice("work:f", 100, call_seconds=0.01, cpu_seconds=0.01)
    advice.models = list(models)
    decide(advice)
    return advice


def test_the_whole_report(capsys: pytest.CaptureFixture[str]) -> None:
    advice = make_advice(
        Model("sequential", rounds=[0.0100, 0.0101, 0.0099]),
        Model("threads", skipped="there was no time left"),
        Model(
            "processes",
            2,
            start_seconds=0.6,
            worker_bytes=3e7,
            rounds=[0.005, 0.005, 0.005],
        ),
    )
    advice.speedup = 0.98
    advice.pickling = Pickling(1_234, 5e-6)
    print_advice(advice)
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) < 80
    rows = [line.split() for line in text.splitlines()]
    assert "processes 2 600 ms 30.0 5.00 ms 1.10 s".split() in rows
    assert "sequential 1 0.00 us 0.0 10.00 ms 1.00 s".split() in rows
    assert "threads left out: there was no time left" in text
    assert "use sequential: 100 tasks in 1.00 s\n" in text
    assert "1,234 bytes" in text


def test_what_depends_on_the_number_of_tasks() -> None:
    advice = make_advice(
        Model("sequential", rounds=[0.0100, 0.0101, 0.0099]),
        Model("processes", 2, start_seconds=0.1, rounds=[0.005] * 3),
    )
    *_, break_even, ranges, started = describe_advice(advice)
    assert re.fullmatch(
        r"faster than sequential from 2\d tasks on", break_even
    )
    assert re.fullmatch(
        r"by the number of tasks: sequential from 1, processes from 2\d",
        ranges,
    )
    assert started == (
        "if the workers have started already: "
        "sequential from 1, processes from 2"
    )


def test_no_ranges_where_the_difference_is_not_clear() -> None:
    advice = make_advice(
        Model("sequential", rounds=[0.010, 0.011, 0.010]),
        Model("threads", 2, rounds=[0.0095, 0.0100, 0.0105]),
    )
    use, second = describe_advice(advice)
    assert use.startswith("use sequential: ")
    assert "cannot decide between the two, and sequential is simpler" in second


@pytest.mark.parametrize(
    ("threads", "text"),
    [
        (
            [0.006, 0.005, 0.0055],
            "in 3 rounds it took 1.67 to 2.00 times as long as threads",
        ),
        (
            [0.008, 0.012, 0.009],
            (
                "in 3 rounds it took 0.80 to 1.20 times as long as "
                "sequential: the measurement cannot decide between the two, "
                "and sequential is simpler"
            ),
        ),
        (
            [0.0096, 0.0095, 0.0097],
            (
                "in 3 rounds it took 0.95 to 0.97 times as long as "
                "sequential: the difference is small, and sequential is "
                "simpler"
            ),
        ),
        (
            [0.005],
            "in the only round it took 2.00 times as long as threads",
        ),
        (
            [0.001, 0.005, 0.0051, 0.0049, 0.009],
            (
                "in the middle half of 5 rounds it took 1.96 to 2.02 times "
                "as long as threads"
            ),
        ),
    ],
)
def test_the_second_beside_the_best(threads: list[float], text: str) -> None:
    advice = make_advice(
        Model("sequential", rounds=[0.01] * len(threads)),
        Model("threads", 2, rounds=threads),
    )
    assert describe_spread(advice) == text


def test_the_second_is_simpler_but_slower_in_the_median_round() -> None:
    advice = make_advice(
        Model("sequential", rounds=[0.014, 0.014, 0.014]),
        Model("processes", 2, rounds=[0.010, 0.016, 0.010]),
    )
    assert advice.best == "processes"
    assert describe_spread(advice).endswith(
        "cannot decide between the two, but processes was faster in the "
        "median round"
    )


def test_one_model_alone_has_no_second() -> None:
    advice = make_advice(Model("sequential", rounds=[1]))
    assert len(describe_advice(advice)) == 1


@pytest.mark.parametrize(
    ("advice", "text"),
    [
        (Advice("f", 9, call_seconds=0.1, speedup=2), "at the same time"),
        (Advice("f", 9, call_seconds=0.1, speedup=1), "or for the GIL"),
        (
            Advice("f", 9, call_seconds=0.1, cpu_seconds=0.1, speedup=1),
            "its calls take turns",
        ),
        (
            Advice("f", 9, is_async=True, call_seconds=0.1, speedup=1),
            "it blocks the event loop",
        ),
        (Advice("f", 9, call_seconds=1e-6, speedup=1), "it is too short"),
    ],
)
def test_what_the_speed_up_shows(advice: Advice, text: str) -> None:
    assert text in describe_function(advice)[1]


def test_not_all_remarks_are_shown() -> None:
    advice = Advice("f", 9, call_seconds=1, remarks=list("abc"))
    assert describe_function(advice)[1:] == ["a", "b", "c"]
    advice.remarks = list("abcde")
    assert describe_function(advice)[-1] == "and 2 more remarks"


def test_a_rule_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    print_rule(Work("waits", 100, 0.5, libraries="async"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "100 tasks, 50.00 s one by one"
    assert lines[1] == "use asyncio; second: threads"
    assert lines[2].startswith("rule 2 of ")
    assert lines[-1].startswith("not measured")
    print_rule(Work("waits", 1, 0.5))
    assert capsys.readouterr().out.startswith("1 task\n")


def test_durations_have_units() -> None:
    durations = 0, 2e-6, 0.0123, 0.5, 1, 1234.5
    assert [format_seconds(duration) for duration in durations] == [
        "0.00 us",
        "2.00 us",
        "12.30 ms",
        "500 ms",
        "1.00 s",
        "1,234 s",
    ]
