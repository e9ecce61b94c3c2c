"""Pictures as SVGs of recordings that are known to the last figure."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from backstage.course.catalogue import Lesson
from backstage.drawing.canvas import WIDTH
from backstage.watch.fitting import lay_out_for_svg
from backstage.watch.lanes import STATES, Lane
from backstage.watch.layout import Layout
from backstage.watch.phases import Phase
from backstage.watch.recording import Recording, Request
from backstage.watch.svg import draw_svg
from backstage.watch.svg.figures import PRINTED
from backstage.watch.svg.lanes import LANE_HEIGHT
from backstage.watch.svg.picture import HEIGHT_NOTE, START_NOTE
from backstage.watch.svg.timeline import LEFT, RIGHT
from support.drawings import shapes, texts
from support.recordings import (
    make_lesson,
    make_recording,
    make_run_of_threads_and_processes,
)

LESSON = make_lesson()
WITH_PHASES = make_lesson(phases=r"(?P<name>\w+): (?P<seconds>[\d.]+) s")


def svg_of(recording: Recording, lesson: Lesson = LESSON) -> str:
    return draw_svg(lay_out_for_svg(recording, lesson))


def layout_of(recording: Recording) -> Layout:
    return lay_out_for_svg(recording, LESSON)


def titles_of(drawing: str) -> list[str]:
    root = ElementTree.fromstring(drawing)
    return [x.text or "" for x in root.iter() if x.get("class") == "title"]


def test_an_svg_names_its_lanes_phases_and_states() -> None:
    drawing = svg_of(make_run_of_threads_and_processes(), WITH_PHASES)
    written = texts(drawing)
    for name in (
        "end",  # the headline
        "lab/00_made_up.py",
        "threads: 4.0 s",
        "processes: 2.0 s",
        "main thread",
        "thread 1",
        "thread 2",
        "process 1",
        "process 2",
        "takes turns",  # in the lanes
        HEIGHT_NOTE,
        "waits for others",
        "computing",  # there, and in the legend
        "waits for its turn (a lock or the GIL)",
        "waits for other threads or processes",
        *(f"{n} s" for n in range(9)),
    ):
        assert name in written, name
    assert any("a machine" in text for text in written)
    assert "waits for a timer" not in written  # nobody did


def test_the_height_of_a_lane_is_the_share_of_its_states() -> None:
    drawing = svg_of(make_run_of_threads_and_processes(), WITH_PHASES)
    computing = shapes(drawing, "computing")[:-1]  # the last is the legend's
    heights = [float(shape["height"]) for shape in computing]
    assert min(heights) == pytest.approx(LANE_HEIGHT / 2, abs=3)
    assert max(heights) == pytest.approx(LANE_HEIGHT, abs=1)
    assert len(shapes(drawing, "turn")) >= 3  # two threads, and the legend


def test_a_gap_shows_where_the_next_worker_starts() -> None:
    lane = Lane("thread 1", [{"timer": 1.0}] * 10)
    for starts in (), (4, 7):
        layout = replace(
            layout_of(make_recording(4)), lanes=[replace(lane, starts=starts)]
        )
        drawing = draw_svg(layout)
        gaps = shapes(drawing, "back")[1:]  # the first is the background
        width = (RIGHT - LEFT) / layout.slices
        assert [float(gap["x"]) for gap in gaps] == [
            pytest.approx(LEFT + start * width, abs=0.1) for start in starts
        ]
        assert (START_NOTE in texts(drawing)) == bool(starts)


def test_an_svg_is_drawn_to_scale() -> None:
    """Four seconds of an axis of eight."""
    requests = [
        Request("/a", 1, 2, 200),
        Request("/b", 2, 3, 500),
        Request("/c", 3, 3.0001, 200),
    ]
    layout = layout_of(make_recording(4, requests=requests))
    drawing = draw_svg(replace(layout, span=8))
    second = (RIGHT - LEFT) / 8
    request, short_request, _ = shapes(drawing, "request")  # and the legend
    failed, _ = shapes(drawing, "bad")
    assert float(request["x"]) == pytest.approx(LEFT + second, abs=0.1)
    assert float(request["width"]) == pytest.approx(second, abs=0.1)
    assert float(failed["x"]) == pytest.approx(LEFT + 2 * second, abs=0.1)
    assert float(short_request["width"]) == 2  # or nobody would see it
    end = max(
        float(shape["x"]) + float(shape["width"])
        for shape in shapes(drawing, "timer")
    )
    assert "8 s" in texts(drawing)
    assert end <= LEFT + 4 * second + 1


def test_a_failed_attempt_and_the_delay_after_it_are_drawn() -> None:
    requests = [Request("/a", 0, 1, 503), Request("/a", 3, 4, 200)]
    drawing = svg_of(make_recording(4, requests=requests))
    delay, _ = shapes(drawing, "dotted")  # the last is the legend's
    second = (RIGHT - LEFT) / 4
    assert float(delay["x1"]) == pytest.approx(LEFT + second, abs=4)
    assert float(delay["x2"]) == pytest.approx(LEFT + 3 * second, abs=0.1)
    written = texts(drawing)
    assert "request that fails" in written
    assert "delay before another attempt" in written


def test_a_baseline_is_drawn_to_the_scale_of_the_time_axis() -> None:
    baseline = Phase("lesson 01", 1.0, 6.0, seconds=5.0)
    layout = layout_of(make_recording(4))
    drawing = draw_svg(replace(layout, span=8, baseline=baseline))
    (shape,) = shapes(drawing, "baseline")
    second = (RIGHT - LEFT) / 8
    assert float(shape["x"]) == pytest.approx(LEFT + second, abs=0.1)
    assert float(shape["width"]) == pytest.approx(5 * second, abs=0.1)
    assert "lesson 01, one after the other: 5.0 s" in texts(drawing)


def test_bars_memory_and_tables() -> None:
    lesson = make_lesson(
        bars=r"(?P<name>got|lost) (?P<value>[\d,]+)", memory=True, table=True
    )
    lines = [(1.0, "a  table"), (4.0, "got 2,000, lost 500")]
    drawing = svg_of(make_recording(4, lines=lines), lesson)
    (got,), (lost,) = shapes(drawing, "bar"), shapes(drawing, "bad")
    widths = [float(shape["width"]) for shape in (got, lost)]
    assert widths[0] == pytest.approx(4 * widths[1], abs=0.2)
    (curve,) = shapes(drawing, "curve")
    assert len(curve["points"].split()) == 2
    written = texts(drawing)
    assert "peak 21 MB" in written
    assert "a\xa0\xa0table" in written  # an SVG drops other spaces
    assert written.count(PRINTED) == 2


def test_no_text_goes_beyond_the_right_edge() -> None:
    lines = [(float(n), f"phase{n}: 1.00 s") for n in range(1, 9)]
    layout = lay_out_for_svg(make_recording(8, lines=lines), WITH_PHASES)
    every_state = Lane("all", [dict.fromkeys(STATES, 1 / len(STATES))])
    layout = replace(layout, lanes=[every_state], slices=1)
    drawing = draw_svg(replace(layout, reason="a reason " * 30))
    written = texts(drawing)
    assert all(f"phase{n}:" in written for n in range(1, 9))
    assert written[-1].startswith("a machine")
    assert set(STATES.values()) <= set(written)
    for text in ElementTree.fromstring(drawing).iter():
        if text.get("text-anchor") == "start" and text.text:
            end = float(text.get("x", 0)) + len(text.text) * 6
            assert end <= WIDTH, text.text


def test_a_long_headline_has_two_lines_and_nothing_is_cut() -> None:
    line = "a finding that is " + "much " * 12 + "too long for one line"
    drawing = svg_of(make_recording(4, lines=[(4, line)]))
    titles = titles_of(drawing)
    assert len(titles) == 2
    assert " ".join(titles) == line
    assert f"<title>{line}</title>" in drawing  # for those who cannot see it


def test_no_line_of_the_headline_ends_before_a_unit() -> None:
    layout = layout_of(make_recording(4))
    for n in range(40):
        headline = "a " * n + "page took 1.25 s, which is the finding"
        titles = titles_of(draw_svg(replace(layout, headline=headline)))
        assert " ".join(titles) == headline
        assert any("1.25 s" in title for title in titles)


def test_threads_and_processes_without_a_lane_are_counted() -> None:
    layout = layout_of(make_recording(4))
    drawing = draw_svg(replace(layout, hidden=1_234))
    note = "not shown: 1,234 other threads or processes"
    assert any(text.endswith(note) for text in texts(drawing))
    assert "not shown" not in draw_svg(layout)


def test_what_cannot_be_shown_is_a_question_mark() -> None:
    requests = [Request("/\ud800\x02<&", 1, 2, 200)]
    drawing = svg_of(make_recording(4, requests=requests))
    drawing.encode()
    assert "/??<&" in texts(drawing)


def test_a_run_that_ended_before_the_first_look() -> None:
    ElementTree.fromstring(svg_of(make_recording(0.001, [])))
