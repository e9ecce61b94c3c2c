"""How long all tasks take with a model, by its figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstage.choose.models import Model


def test_the_start_of_workers_counts() -> None:
    processes = Model("processes", 10, start_seconds=1, rounds=[0.01])
    assert processes.total_seconds(1) == pytest.approx(1.01)
    assert processes.total_seconds(20) == pytest.approx(1.2)


def test_threads_start_when_they_are_needed() -> None:
    threads = Model("threads", 10, start_seconds=1, rounds=[0.01])
    assert threads.total_seconds(1) == pytest.approx(0.1 + 0.01)
    assert threads.total_seconds(20) == pytest.approx(1 + 0.2)


def test_no_worker_is_faster_than_its_own_calls() -> None:
    threads = Model("threads", 10, call_seconds=0.1, rounds=[0.01])
    totals = [threads.total_seconds(tasks) for tasks in (1, 10, 11, 100)]
    assert totals == pytest.approx([0.1, 0.1, 0.2, 1])


def test_calls_may_be_faster_on_a_cluster() -> None:
    cluster = Model("cluster", 10, 1, 0.5, start_seconds=1, rounds=[0.01])
    totals = [cluster.total_seconds(tasks) for tasks in (1, 10, 11, 100)]
    assert totals == pytest.approx([1.1, 1.1, 1.2, 2])


def test_each_round_has_its_own_time() -> None:
    model = Model("sequential", start_seconds=1, rounds=[0.1, 0.3, 0.2])
    assert model.total_seconds(10) == pytest.approx(3)
    assert model.total_seconds_by_round(10) == pytest.approx([2, 4, 3])


@given(
    st.lists(st.floats(1e-7, 10), min_size=1),
    st.integers(1, 10**6),
    st.sampled_from(["sequential", "threads", "processes", "cluster"]),
)
def test_more_tasks_never_take_less_time(
    rounds: list[float], tasks: int, name: str
) -> None:
    workers = 1 if name == "sequential" else 7
    model = Model(name, workers, 1, min(rounds), 0.1, rounds=rounds)
    assert model.total_seconds(tasks) <= model.total_seconds(tasks + 1)
