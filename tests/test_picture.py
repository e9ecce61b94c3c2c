"""The pictures of recordings that are known to the last figure."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstage import picture, results
from backstage.catalogue import README, ROOT, Lesson, lessons
from backstage.watch import Process, Recording, Request, Thread

POOL = ["python", "-c", "from multiprocessing.forkserver import main"]


def recording(
    seconds: float,
    processes: list[Process] | None = None,
    requests: list[Request] | None = None,
) -> Recording:
    return Recording(
        title="lab/00_made_up.py",
        status=0,
        seconds=seconds,
        processes=dict(enumerate(processes or [process(seconds, 0)], 1)),
        requests=requests or [],
        peak_requests=len(requests or []),
        peak_memory=21_400_000,
    )


def burning(begin: float, end: float, share: float, name: str = "") -> Thread:
    """Return a thread that computes for that share of the time between."""
    points = [(begin, 0.0), (end, (end - begin) * share)]
    return Thread(points, name)


def process(
    seconds: float,
    *shares: float,
    begin: float = 0,
    parent: int = 1,
    command: list[str] | None = None,
    names: tuple[str, ...] = (),
) -> Process:
    """Return a process, each of its threads computing all along."""
    threads = [burning(begin, seconds, share) for share in shares]
    for thread, name in zip(threads[1:], names, strict=False):
        thread.name = name
    return Process(
        parent,
        [(begin, 0), (seconds, sum(t.points[-1][1] for t in threads))],
        command or ["python", "x.py"],
        dict(enumerate(threads, 1)),
    )


def check(shown: str, expected: str) -> None:
    assert shown == expected.strip("\n")
    assert max(map(len, shown.splitlines())) < 80


def test_stairs() -> None:
    stairs = [Request("/delay/1", n, n + 0.99, 200) for n in range(4)]
    check(
        picture.text(recording(4, requests=stairs)),
        """
4 requests
/delay/1 ━━━━━━━━━━━━━━━━━━
/delay/1                  ━━━━━━━━━━━━━━━━━━
/delay/1                                    ━━━━━━━━━━━━━━━━━━
/delay/1                                                     ━━━━━━━━━━━━━━━━━━
CPU, full height is one core
main
         0 s     0.5      1        1.5      2       2.5      3        3.5
took 4.00 s, CPU 0.00 s: on average 0.00 cores; peak 4 in flight, 21 MB
""",
    )


def test_retries_and_failures() -> None:
    """A request that ended before its page failed is another page's."""
    requests = [
        Request("/flaky/2?1", 1, 2, 503),
        Request("/ok", 1.2, 2.5, 200),
        Request("/flaky/2?1", 4, 5, 503),
        Request("/flaky/2?1", 7.5, 9, 200),
        Request("/flaky/2?1", 1.1, 1.6, 200),
        Request("/drop", 3, 3.01, None),
        Request("/silent", 6, None, None),
    ]
    check(
        picture.text(recording(10, requests=requests)),
        """
7 requests for 5 pages, 3 failed (x)
/flaky/2?1       xxxxxxxx             xxxxxxxx                ━━━━━━━━━━━
/flaky/2?1        ━━━━
/ok                ━━━━━━━━━━
/drop                          x
/silent                                            ━━━━━━━━━━━━━━━━━━━━━━━━━━━━
CPU, full height is one core
main
           0 s          2             4            6             8
took 10.00 s, CPU 0.00 s: on average 0.00 cores; peak 7 in flight, 21 MB
""",
    )


def test_two_gil_threads_stand_at_half_height() -> None:
    threads = process(4, 0.02, 0.5, 0.49, 0.001, names=("job_0", "job_1"))
    check(
        picture.text(recording(4, [threads])),
        """
CPU, full height is one core; without 1 thread that hardly computed
main
thread job_0 ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
thread job_1 ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
             0 s     0.5     1       1.5      2       2.5     3       3.5
took 4.00 s, CPU 4.04 s: on average 1.01 cores; peak 21 MB
""",
    )


def test_two_processes_stand_at_full_height() -> None:
    pool = [
        process(4, 0.02, parent=0),
        process(4, 0.1, begin=0.5, command=POOL, parent=1),
        process(4, 0.001, begin=0.6),
        process(4, 0.98, begin=1, command=POOL, parent=2),
        process(3, 0.9, begin=1, command=POOL, parent=2),
    ]
    check(
        picture.text(recording(4, pool)),
        """
CPU, full height is one core; without 1 thread that hardly computed
main
fork server         ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
process 1                   ▂██████████████████████████████████████████████████
process 2                   ▂▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▂
            0 s     0.5     1        1.5     2       2.5      3       3.5
took 4.00 s, CPU 5.17 s: on average 1.29 cores; peak 21 MB
""",
    )


def test_many_small_threads_are_drawn_together() -> None:
    many = process(2, 0.02, *[0.015] * 100)
    check(
        picture.text(recording(2, [many])),
        """
CPU, full height is one core
main
the others (2 cores) ▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆
                     0 s           0.5            1             1.5
took 2.00 s, CPU 3.04 s: on average 1.52 cores; peak 21 MB
""",
    )


def test_a_system_without_times_of_threads() -> None:
    points = [(0.0, 0.0), (1.0, 0.2), (2.0, 1.2)]
    check(
        picture.text(recording(2, [Process(0, points, ["python"], {})])),
        """
CPU, full height is one core; of processes, as this system times no threads
main ▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂█████████████████████████████████████
     0 s               0.5                1                 1.5
took 2.00 s, CPU 1.20 s: on average 0.60 cores; peak 21 MB
""",
    )


def test_a_hundred_pages_share_rows_and_all_are_counted() -> None:
    """Of the 50 first and the 50 last, 16 rows of three and two of them."""
    pages = [
        Request(f"/page/{n}?size=150000", n // 50, n // 50 + 1.5, 200)
        for n in range(100)
    ]
    shown = picture.text(recording(4, requests=pages)).splitlines()
    assert shown[0] == "100 requests, 3 a row (─: at most half of them)"
    rows = shown[1:-4]
    assert len(rows) == 34
    assert rows[0].split()[:3] == ["/page/0", "+2", "more"]
    assert rows[-1].split()[0] == "/page/99?size=150000"
    bars = [re.sub("[^ ─━]", " ", row) for row in rows]
    assert bars[16].strip() == "━" * 22 + "─" * 15
    assert {bar.strip() for bar in bars[:16]} == {"━" * 22}


def test_ninety_threads_share_lanes_and_none_is_lost() -> None:
    many = recording(2, [process(2, *[0.5] * 45, *[1.0] * 45)])
    found = picture.lanes(many, picture.slices(many, 10))
    assert [lane.threads for lane in found] == [3] * 30
    assert [lane.name for lane in found[:2]] == [
        "main +2 more",
        "thread 3 +2 more",
    ]
    for lane in found[:15]:
        assert lane.shares == pytest.approx([0.5] * 10)
    for lane in found[15:]:
        assert lane.shares == pytest.approx([1.0] * 10)


def test_what_was_seen_of_nothing() -> None:
    """A child may be gone before the first look at it."""
    shown = picture.text(recording(0.01)).splitlines()
    assert shown[1] == "main"
    nothing = Recording("x.py", 1, 0.001, {}, [], 0, 0)
    assert "took 0.00 s, CPU 0.00 s" in picture.text(nothing)
    ElementTree.fromstring(picture.svg(nothing, 0.001))


@given(
    starts=st.lists(st.floats(0, 10), min_size=1, max_size=120),
    seconds=st.floats(0.01, 10),
    columns=st.integers(1, 100),
)
def test_no_request_is_lost_in_any_picture(
    starts: list[float], seconds: float, columns: int
) -> None:
    requests = [
        Request(f"/{n}", start, start + 0.1, 200 + 300 * (n % 2))
        for n, start in enumerate(starts)
        if start < seconds
    ]
    rows = picture.request_rows(requests)
    assert sum(map(len, rows)) == len(requests)
    assert len(rows) <= picture.MOST
    edges = picture.slices(recording(seconds), columns)
    for row in rows:
        marks = picture.marks(row, edges)
        assert len(marks) == columns
        assert marks.strip()


@given(st.floats(0.001, 100_000))
def test_the_axis_has_few_round_figures(seconds: float) -> None:
    found = picture.ticks(seconds)
    assert found[0] == 0
    assert found[-1] <= seconds * 1.000001
    assert 2 <= len(found) <= picture.TICKS + 1
    steps = {f"{b - a:.6g}" for a, b in pairwise(found)}
    assert len(steps) == 1
    assert steps.pop().strip("0.")[0] in "125"


@given(
    st.lists(
        st.tuples(st.floats(0.01, 1), st.floats(0, 1)), min_size=1, max_size=9
    ),
    st.integers(1, 50),
)
def test_no_cpu_time_is_lost_between_slices(
    steps: list[tuple[float, float]], count: int
) -> None:
    points = [(0.0, 0.0)]
    for wait, used in steps:
        points.append((points[-1][0] + wait, points[-1][1] + used))
    edges = [points[-1][0] * n / count for n in range(count + 1)]
    found = picture.spent(points, edges)
    assert found == sorted(found)
    assert found[0] == 0
    assert found[-1] == pytest.approx(points[-1][1])


def texts(svg: str) -> list[str]:
    return [x.text or "" for x in ElementTree.fromstring(svg).iter()]


def test_an_svg_names_every_lane_and_every_row() -> None:
    shares = process(4, 0.5, 0.4, 0.3, names=("a < b & \x01", "job_1"))
    pool = [shares, process(4, 0.9), process(4, 0.9, begin=1)]
    requests = [Request("/\ud800\x02?", 1, 2, 200), Request("/b", 2, 3, 500)]
    svg = picture.svg(recording(4, pool, requests), 8)
    svg.encode()
    shown = texts(svg)
    for name in (
        "lab/00_made_up.py",
        "main",
        "thread a < b & ?",
        "thread job_1",
        "process 1",
        "process 2",
        "/??" + "?",
        "/b",
        "2 requests, 1 failed (red)",
        "CPU, full height is one core",
        picture.summary(recording(4, pool, requests)),
        *(f"{n} s" for n in range(9)),
    ):
        assert name in shown, name


def test_an_svg_is_drawn_to_scale() -> None:
    """Four seconds of the eight that are 630 pixels wide."""
    pool = [process(4, 0.5), process(2, 1.0, begin=1)]
    requests = [
        Request("/a", 1, 2, 200),
        Request("/b", 2, 3, 500),
        Request("/c", 3, 3.001, 200),
    ]
    svg = ElementTree.fromstring(picture.svg(recording(4, pool, requests), 8))
    shapes = {
        kind: [x.attrib for x in svg.iter() if x.get("class") == kind]
        for kind in ("track", "ok", "failed", "busy")
    }
    assert [x["width"] for x in shapes["track"]] == ["315", "315"]
    ok, short = shapes["ok"]
    (failed,) = shapes["failed"]
    assert short["width"] == "3"  # or nobody would see it
    per_second = 630 / 8
    for bar, begin in ((ok, 1), (failed, 2)):
        assert float(bar["x"]) - 150 == pytest.approx(
            begin * per_second, abs=1
        )
        assert float(bar["width"]) == pytest.approx(per_second, abs=2)
    half, full = (shape["d"] for shape in shapes["busy"])
    base = float(shapes["track"][0]["y"]) + 26
    assert half == f"M150 {base:g}V{base - 13:g}H465.0V{base:g}Z"
    lows = {float(y) for y in re.findall(r"V([\d.]+)", full)}
    base = float(shapes["track"][1]["y"]) + 26
    assert lows == {base, base - 26}


@pytest.mark.parametrize("lesson", lessons(), ids=lambda one: one.number)
def test_every_lesson_has_its_picture_in_the_readme(lesson: Lesson) -> None:
    file = picture.FOLDER / f"{lesson.path.stem}.svg"
    assert lesson.name in texts(file.read_text("utf-8"))
    name = file.relative_to(ROOT).as_posix()
    assert README.read_text("utf-8").count(f"]({name})") == 1


def test_no_picture_is_of_a_lesson_that_is_gone() -> None:
    names = {f"{lesson.path.stem}.svg" for lesson in lessons()}
    names.add(results.PICTURE.name)
    assert {file.name for file in picture.FOLDER.iterdir()} == names
