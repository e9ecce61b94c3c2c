"""The pictures of recordings that are known to the last figure."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstage.course.catalogue import README, ROOT, Lesson, Notes, lessons
from backstage.drawing import canvas
from backstage.watch import pictures, svg, terminal
from backstage.watch.recording import Recording, Request
from backstage.watch.svg import draw_svg
from backstage.watch.terminal import draw_text
from support.recordings import make_process, make_recording, make_thread

LESSON = Lesson(Path("lab/00_made_up.py"), "00")
PHASES = Lesson(
    Path("lab/00_made_up.py"),
    "00",
    notes=Notes(phases=r"(?P<name>\w+): (?P<seconds>[\d.]+) s"),
)
CROWDED = Lesson(
    Path("lab/00_made_up.py"),
    "00",
    notes=Notes(
        phases=r"(?P<name>\w+): (?P<seconds>[\d.]+) s",
        bars=r"(?P<name>got) (?P<value>\d)",
    ),
)

STAIRS = """
lab/00_made_up.py
4 requests
4 x /delay/1 ━━━━━━━━━━━━━━━━━
                             ━━━━━━━━━━━━━━━━━
                                              ━━━━━━━━━━━━━━━━━
                                                              ━━━━━━━━━━━━━━━━━
main thread  ------------------------------------------------------------------
             0 s     0.5     1       1.5      2       2.5     3       3.5
- waits for a timer   ━ request
took 4.00 s, CPU time 0.00 s (0.00 cores); peak 21 MB, at most 1 in flight
"""
RETRIES = """
lab/00_made_up.py
3 requests for 2 pages, 2 failed
/flaky/1    xxxxxxxxxxxxxxxx·················━━━━━━━━━━━━━━━━
/drop                                                         xxxxxxxxxxxxxxxx
main thread -------------------------------------------------------------------
            0 s     0.5     1        1.5     2       2.5      3       3.5
- waits for a timer   ━ request   x request that fails
· delay before another attempt
took 4.00 s, CPU time 0.00 s (0.00 cores); peak 21 MB, at most 1 in flight
"""
STATES = """
end
            |threads 4.0 s                           |processes 2.0 s
main thread ...................................................................
thread 1    ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
thread 2    ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
process 1                                            ██████████████████
process 2                                            ██████████████████
            0 s     1       2        3       4       5        6       7
█ computing   ▄ computing about half of the time
. waits for other threads or processes
took 8.00 s, CPU time 8.00 s (1.00 cores); peak 21 MB
"""


def check(shown: str, expected: str) -> None:
    assert shown == expected.strip("\n")
    assert max(map(len, shown.splitlines())) < 80


def two_threads_and_two_processes() -> Recording:
    """Return a recording as of lesson 04."""
    main = make_thread(0, 8, 0, "lock")
    threads = [make_thread(0, 4, 0.5, "lock") for _ in range(2)]
    processes = [
        make_process(make_thread(5, 7, 1), parent=1) for _ in range(2)
    ]
    return make_recording(
        8,
        [make_process(main, *threads), *processes],
        lines=[(4, "threads: 4.00 s"), (7, "processes: 2.00 s"), (8, "end")],
    )


def texts(drawing: str) -> list[str]:
    return [x.text or "" for x in ElementTree.fromstring(drawing).iter()]


def shapes(drawing: str, kind: str) -> list[dict[str, str]]:
    root = ElementTree.fromstring(drawing)
    return [x.attrib for x in root.iter() if x.get("class") == kind]


# Text


def test_stairs() -> None:
    stairs = [Request("/delay/1", n, n + 0.99, 200) for n in range(4)]
    check(
        draw_text(make_recording(4, requests=stairs), LESSON),
        STAIRS,
    )


def test_retries_and_failures() -> None:
    requests = [
        Request("/flaky/1", 0, 0.9, 503),
        Request("/flaky/1", 2, 2.9, 200),
        Request("/drop", 3, 3.9, None),
    ]
    check(
        draw_text(make_recording(4, requests=requests), LESSON),
        RETRIES,
    )


def test_phases_and_states() -> None:
    shown = draw_text(two_threads_and_two_processes(), PHASES)
    check(shown, STATES)


def test_the_text_fits_a_terminal() -> None:
    """However many threads and requests there are."""
    main = make_thread(0, 9, 0, "events")
    threads = [make_thread(0, 9, 0.3, "network") for _ in range(30)]
    processes = [make_process(make_thread(0, 9, 1)) for _ in range(30)]
    requests = [
        Request(f"/{'long' * 9}/{n}", n / 99, 5, 200) for n in range(99)
    ]
    lines = [(float(n), f"phase{n}: 1.00 s") for n in range(1, 9)]
    lines += [(8.5, "got 5 got 6 got 7 got 8")]
    recording = make_recording(
        9, [make_process(main, *threads), *processes], requests, lines
    )
    shown = draw_text(recording, CROWDED).splitlines()
    assert len(shown) == terminal.LINES
    assert max(map(len, shown)) < 80
    for n in range(1, 9):
        assert any(f"phase{n} 1.0 s" in line for line in shown)
    drawing = draw_svg(recording, CROWDED)
    for text in ElementTree.fromstring(drawing).iter():
        if text.get("text-anchor") == "start" and text.text:
            end = float(text.get("x", 0)) + len(text.text) * 6
            assert end <= canvas.WIDTH, text.text


@settings(max_examples=20)  # each draws up to five pictures
@given(
    starts=st.lists(st.floats(0, 10), min_size=1, max_size=120),
    seconds=st.floats(0.01, 10),
)
def test_no_row_of_requests_is_blank(
    starts: list[float], seconds: float
) -> None:
    requests = [
        Request(f"/{n}", start, start + 0.1, 200 + 300 * (n % 2))
        for n, start in enumerate(starts)
        if start < seconds
    ]
    recording = make_recording(seconds, requests=requests)
    lines = draw_text(recording, LESSON).splitlines()
    rows = [line for line in lines if set("─━x") & set(line[-70:])]
    assert bool(rows) == bool(requests)


def test_bars_and_memory() -> None:
    notes = Notes(
        bars=r"(?P<name>expected|got) (?P<value>[\d,]+)", memory=True
    )
    lesson = Lesson(Path("lab/00_made_up.py"), "00", notes=notes)
    recording = make_recording(4, lines=[(4, "expected 2,000, got 1,000")])
    lines = draw_text(recording, lesson).splitlines()
    expected, got = (line.count("█") for line in lines[-4:-2])
    assert expected == pytest.approx(2 * got, abs=1)
    assert "printed" in "".join(texts(draw_svg(recording, lesson)))
    (memory,) = (line for line in lines if line.startswith("memory"))
    assert memory.endswith("█")


# SVG


def test_an_svg_names_its_lanes_phases_and_states() -> None:
    shown = texts(draw_svg(two_threads_and_two_processes(), PHASES))
    for name in (
        "end",  # the headline
        "lab/00_made_up.py",
        "threads 4.0 s",
        "processes 2.0 s",
        "main thread",
        "thread 1",
        "thread 2",
        "process 1",
        "process 2",
        "takes turns",  # in the lanes
        svg.HEIGHT,
        "waits for others",
        "computing",  # there, and in the legend
        "waits for its turn (a lock or the GIL)",
        "waits for other threads or processes",
        *(f"{n} s" for n in range(9)),
    ):
        assert name in shown, name
    assert any("a machine" in name for name in shown)
    assert "waits for a timer" not in shown  # nobody did


def test_the_height_of_a_lane_is_the_share_of_its_states() -> None:
    drawing = draw_svg(two_threads_and_two_processes(), PHASES)
    heights = [float(x["height"]) for x in shapes(drawing, "computing")[:-1]]
    assert min(heights) == pytest.approx(svg.LANE / 2, abs=3)
    assert max(heights) == pytest.approx(svg.LANE, abs=1)
    # Of each state the legend has one more.
    assert len(shapes(drawing, "turn")) >= 3


def test_an_svg_is_drawn_to_scale() -> None:
    """Four seconds of an axis of eight."""
    requests = [
        Request("/a", 1, 2, 200),
        Request("/b", 2, 3, 500),
        Request("/c", 3, 3.0001, 200),
    ]
    recording = make_recording(4, requests=requests)
    drawing = draw_svg(recording, LESSON, span=8)
    second = (svg.RIGHT - svg.LEFT) / 8
    one, short, _ = shapes(drawing, "request")  # and one in the legend
    failed, _ = shapes(drawing, "bad")
    assert float(one["x"]) == pytest.approx(svg.LEFT + second, abs=0.1)
    assert float(one["width"]) == pytest.approx(second, abs=0.1)
    assert float(failed["x"]) == pytest.approx(svg.LEFT + 2 * second, abs=0.1)
    assert float(short["width"]) == 2  # or nobody would see it
    end = max(
        float(x["x"]) + float(x["width"]) for x in shapes(drawing, "timer")
    )
    assert "8 s" in texts(drawing)
    assert end <= svg.LEFT + 4 * second + 1


def test_a_long_headline_has_two_lines_and_nothing_is_cut() -> None:
    line = "a finding that is " + "much " * 12 + "too long for one line"
    recording = make_recording(4, lines=[(4, line)])
    drawing = draw_svg(recording, LESSON)
    titles = [
        x.text or ""
        for x in ElementTree.fromstring(drawing).iter()
        if x.get("class") == "title"
    ]
    assert len(titles) == 2
    assert " ".join(titles) == line
    assert f"<title>{line}</title>" in drawing  # for those who cannot see it


def test_what_cannot_be_shown_is_a_question_mark() -> None:
    requests = [Request("/\ud800\x02<&", 1, 2, 200)]
    drawing = draw_svg(make_recording(4, requests=requests), LESSON)
    drawing.encode()
    assert "/??<&" in texts(drawing)


def test_a_run_that_was_over_before_the_first_look() -> None:
    recording = make_recording(0.001, [])
    assert "took 0.00 s" in draw_text(recording, LESSON)
    ElementTree.fromstring(draw_svg(recording, LESSON))


@pytest.mark.parametrize("lesson", lessons(), ids=lambda one: one.number)
def test_every_lesson_has_its_picture_in_the_readme(lesson: Lesson) -> None:
    file = pictures.FOLDER / f"{lesson.path.stem}.svg"
    shown = texts(file.read_text("utf-8"))
    assert any(words.startswith(lesson.name) for words in shown)
    name = file.relative_to(ROOT).as_posix()
    assert README.read_text("utf-8").count(f"]({name})") == 1


def test_no_picture_is_of_a_lesson_that_is_gone() -> None:
    names = {f"{lesson.path.stem}.svg" for lesson in lessons()}
    files = {file.name for file in pictures.FOLDER.iterdir()}
    others = {name for name in files - names if "results" not in name}
    assert names <= files
    assert not others
