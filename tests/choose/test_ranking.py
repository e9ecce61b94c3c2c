"""From rounds to advice: order, spread, break-even and ranges."""

import pytest

from backstage.choose.models import Advice, Model
from backstage.choose.ranking import (
    Comparison,
    compare,
    decide,
    find_break_even,
    find_contenders,
    find_ranges,
    normalize_rounds,
    rank,
)
from backstage.errors import LabError


def make_model(
    name: str, task_seconds: float, start_seconds: float = 0.0
) -> Model:
    """Return a model that took nearly the same in each of three rounds."""
    workers = 1 if name == "sequential" else 2
    rounds = [task_seconds * 0.995, task_seconds, task_seconds * 1.005]
    return Model(name, workers, start_seconds=start_seconds, rounds=rounds)


@pytest.mark.parametrize(
    ("ratios", "is_clear"),
    [
        ([1.9, 2.0, 2.1], True),
        ([1.10, 1.11, 1.12], True),
        ([1.3, 1.9, 2.9], True),  # a large spread, but always much slower
        ([0.9, 1.3, 1.4], False),  # the range includes 1
        ([1.05, 1.1, 1.2], False),  # the spread is larger than the difference
        ([1.03, 1.04, 1.05], False),  # a small difference
        ([0.5, 0.5, 0.5], False),  # faster, not slower
        ([2.0], True),
        ([1.2], False),  # one round shows no spread
        ([0.5, 1.2, 1.21, 1.22, 9.0], True),  # without the extremes
        ([0.5, 0.6, 1.21, 1.22, 1.23], False),
    ],
)
def test_when_a_model_is_clearly_slower(
    ratios: list[float], is_clear: bool
) -> None:
    assert Comparison(ratios).is_clear == is_clear


@pytest.mark.parametrize(
    ("ratios", "is_likely"),
    [
        ([0.9, 1.3, 1.4], True),
        ([0.9, 1.1, 1.4], False),  # a small difference
        ([1.3, 1.4], False),  # too few rounds
    ],
)
def test_when_a_model_is_likely_to_be_slower(
    ratios: list[float], is_likely: bool
) -> None:
    assert Comparison(ratios).is_likely == is_likely


def test_models_are_compared_in_their_common_rounds() -> None:
    left = Model("sequential", rounds=[0.2, 0.3])
    right = Model("threads", rounds=[0.1, 0.1, 0.4])
    assert compare(left, right, 10).ratios == pytest.approx([2, 3])


def test_the_simplest_of_equal_models_is_the_best() -> None:
    models = [
        make_model("sequential", 0.0200),
        make_model("threads", 0.0102),
        make_model("processes", 0.0100),
    ]
    names = [model.name for model in rank(models, 100)]
    assert names == ["threads", "processes", "sequential"]


def test_a_model_that_is_likely_to_be_faster_is_chosen() -> None:
    models = [
        Model("sequential", rounds=[0.014, 0.014, 0.014]),
        Model("processes", 2, rounds=[0.010, 0.016, 0.010]),
    ]
    assert not compare(models[0], models[1], 100).is_clear
    assert rank(models, 100)[0].name == "processes"


def test_a_model_that_is_slower_than_a_simpler_one_is_not_the_best() -> None:
    """Threads have too few rounds to tell them from processes."""
    models = [
        make_model("sequential", 0.0200),
        Model("threads", 2, rounds=[0.03, 0.01]),
        make_model("processes", 0.0165),
    ]
    assert rank(models, 100)[0].name == "processes"


def test_contenders_of_the_first_rounds_are_not_far_behind() -> None:
    models = [
        Model("sequential", rounds=[0.010]),
        Model("threads", 2, rounds=[0.030]),
        Model("processes", 2, start_seconds=9, rounds=[0.006]),
        Model("interpreters", 2, start_seconds=9, rounds=[0.020]),
    ]
    names = [model.name for model in find_contenders(models, 100)]
    # Processes are the best for many tasks, threads the second for 100.
    assert names == ["sequential", "threads", "processes"]


@pytest.mark.parametrize(
    ("threads", "processes", "contenders"),
    [
        ([0.010, 0.010, 0.010], [0.008, 0.011, 0.008], "threads processes"),
        ([0.010, 0.010, 0.010], [0.005, 0.005, 0.005], ""),
        ([0.010, 0.010, 0.010], [0.020, 0.020, 0.020], ""),
        ([0.010, 0.010, 0.010], [0.011, 0.011, 0.011], "threads processes"),
    ],
)
def test_contenders_of_later_rounds_are_close(
    threads: list[float], processes: list[float], contenders: str
) -> None:
    models = [
        Model("sequential", rounds=[0.020, 0.020, 0.020]),
        Model("threads", 8, rounds=threads),
        Model("processes", 8, rounds=processes),
    ]
    names = [model.name for model in find_contenders(models, 100)]
    assert names == contenders.split()


def test_a_round_that_was_slow_for_all_models_does_not_count() -> None:
    models = [
        Model("sequential", rounds=[0.02, 0.06, 0.02]),
        Model("threads", 2, rounds=[0.01, 0.03, 0.01]),
        Model("processes", 2, rounds=[0.04, 0.12]),  # it left early
    ]
    normalize_rounds(models)
    assert models[0].rounds == pytest.approx([0.02, 0.02, 0.02])
    assert models[1].rounds == pytest.approx([0.01, 0.01, 0.01])
    assert models[2].rounds == pytest.approx([0.04, 0.04])


def test_break_even_is_where_the_difference_is_clear() -> None:
    sequential = make_model("sequential", 0.010)
    processes = make_model("processes", 0.005, start_seconds=0.1)
    tasks = find_break_even(processes, sequential)
    assert tasks is not None
    assert tasks > 20  # there the times are equal
    assert compare(sequential, processes, tasks).is_clear
    assert not compare(sequential, processes, tasks - 1).is_clear
    assert find_break_even(sequential, sequential) is None


def test_ranges_change_where_the_difference_is_clear() -> None:
    models = [
        make_model("sequential", 0.010),
        make_model("processes", 0.005, start_seconds=0.1),
    ]
    tasks = find_break_even(models[1], models[0])
    ranges = find_ranges(models)
    assert ranges == [(1, "sequential"), (tasks, "processes")]


def test_threads_within_the_spread_are_in_no_range() -> None:
    models = [
        Model("sequential", rounds=[0.010, 0.011, 0.010]),
        Model("threads", 2, rounds=[0.0095, 0.0100, 0.0105]),
    ]
    assert find_ranges(models) == [(1, "sequential")]
    assert find_break_even(models[1], models[0]) is None


def test_the_advice_has_the_figures_of_the_rounds() -> None:
    advice = Advice("work:f", 10, call_seconds=0.02, cpu_seconds=0.02)
    advice.models = [
        make_model("sequential", 0.010),
        make_model("processes", 0.005, start_seconds=0.1),
        Model("interpreters", excluded="it died"),
    ]
    decide(advice)
    assert advice.call_seconds == pytest.approx(0.01)
    assert advice.cpu_seconds == pytest.approx(0.01)
    assert (advice.best, advice.second) == ("sequential", "processes")
    assert advice.is_clear
    assert advice.break_even is None
    assert len(advice.ranges) == 2
    assert advice.ranges_when_started[1] == (2, "processes")


def test_one_model_alone_is_not_compared() -> None:
    advice = Advice("work:f", 9, call_seconds=1, cpu_seconds=1)
    advice.models = [Model("sequential", rounds=[1, 2])]
    decide(advice)
    assert (advice.best, advice.second) == ("sequential", "")
    assert advice.ratios == []


def test_no_advice_without_sequential_calls() -> None:
    advice = Advice("work:f", 9)
    advice.models = [
        Model("sequential", skipped="no time"),
    ]
    with pytest.raises(LabError, match=r"^no advice: sequential: no time$"):
        decide(advice)
