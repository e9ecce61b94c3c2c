"""A recording of a run as a picture: text for the terminal, or an SVG."""

import datetime
import math
import subprocess
import textwrap
from bisect import bisect
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched, chain, groupby, pairwise
from operator import sub
from statistics import mean
from xml.etree import ElementTree

from .catalogue import ROOT, Lesson, lessons
from .files import write_whole
from .machine import truth
from .watch import Points, Process, Recording, Request, watch

FOLDER = ROOT / "lab" / "pictures"

MOST = 40  # rows of requests, and as many lanes: more of them share a row
LEAST = 1 / 60  # of the run, that a thread with a lane of its own computes
NOISE = 1.2  # cores that may seem to be busy where it is one
TICKS = 8  # figures on the time axis, at most
LABEL = 20  # characters of a name, at most

WIDTH = 79  # columns of the text
BLOCKS = " ▁▂▃▄▅▆▇█"
NONE, SOME, MOSTLY, FAILED = " ─━x"  # of a row's pages are under way

LEFT, RIGHT, MARGIN = 150, 780, 16  # pixels of the SVG; time is between them
TOP, ROW, LANE, GAP = 76, 11, 26, 6  # pixels, downwards
STEP = 0.05  # seconds of a step in its lanes, two looks, where there is room
KINDS = {SOME: "some", MOSTLY: "ok", FAILED: "failed"}
RULES = """
text {{ font: 12px system-ui, sans-serif; fill: {text}; }}
.title {{ font-size: 16px; font-weight: 600; }}
.dim {{ font-size: 11px; fill: {dim}; }}
.back {{ fill: {back}; }} .track {{ fill: {track}; }}
.grid {{ stroke: {line}; }}
.half {{ stroke: {line}; stroke-dasharray: 3; }}
.ok {{ fill: {ok}; }} .some {{ fill: {ok}; opacity: 0.4; }}
.failed {{ fill: none; stroke: {failed}; stroke-width: 1.5; }}
.busy {{ fill: {busy}; }}
.bound {{ stroke: {failed}; stroke-width: 2; }}
.range {{ stroke: {text}; }}
.curve {{ fill: none; stroke: {ok}; stroke-width: 2; }}
"""
# The colours of GitHub's own pages, light and dark (primer.style).
LIGHT = {
    "back": "#ffffff",
    "text": "#1f2328",
    "dim": "#59636e",
    "line": "#d1d9e0",
    "track": "#e6eaef",
    "ok": "#0969da",
    "failed": "#cf222e",
    "busy": "#1a7f37",
}
DARK = {
    "back": "#0d1117",
    "text": "#f0f6fc",
    "dim": "#9198a1",
    "line": "#3d444d",
    "track": "#21262d",
    "ok": "#4493f8",
    "failed": "#f85149",
    "busy": "#3fb950",
}

Page = list[Request]  # the tries of one page, one after the other
Row = Sequence[Page]  # the pages that share a row of the picture


@dataclass(frozen=True)
class Lane:
    """Who computed when: `shares` of the full height, one for each slice.

    `threads` is how many threads it stands for.
    """

    name: str
    shares: list[float]
    threads: int


def text(recording: Recording) -> str:
    """Return the picture as lines of at most WIDTH columns."""
    rows = request_rows(recording.requests)
    names = [label(row) for row in rows]
    names += [one.name for one in lanes(recording, slices(recording, WIDTH))]
    wide = max(map(len, names), default=0)
    columns = WIDTH - wide - 1
    edges = slices(recording, columns)
    lines = [about_requests(rows, SOME, FAILED)] if rows else []
    lines += [f"{label(row):<{wide}} {marks(row, edges)}" for row in rows]
    found = lanes(recording, edges)
    lines.append(about_lanes(recording, found))
    for one in found:
        blocks = "".join(map(block, one.shares))
        lines.append(f"{one.name:<{wide}.{wide}} {blocks}")
    axis = ""
    for tick in ticks(recording.seconds):
        at = wide + 1 + int(tick / recording.seconds * columns)
        figure = f"{tick:g}" if tick else "0 s"
        if at + len(figure) <= WIDTH:
            axis = f"{axis:<{at}}{figure}"
    lines += [axis, *textwrap.wrap(summary(recording), WIDTH)]
    return "\n".join(line.rstrip() for line in lines)


def svg(recording: Recording, span: float) -> str:
    """Return the picture as an SVG of 800 pixels' width.

    Arguments: `span`, the seconds that its time axis is long.
    """
    picture = canvas(recording.title, summary(recording))
    tracks = ElementTree.SubElement(picture, "g")
    grid = ElementTree.SubElement(picture, "g")
    y = TOP
    wide = int(recording.seconds / span * (RIGHT - LEFT))
    rows = request_rows(recording.requests)
    if rows:
        about = about_requests(rows, "pale", "red")
        write(picture, about, MARGIN, y, "dim")
        y += 8
        for row in rows:
            write(picture, label(row), LEFT - 8, y + 9, "dim", "end")
            draw_marks(picture, marks(row, slices(recording, wide)), y)
            y += ROW
        y += 24
    steps = min(wide, max(60, int(recording.seconds / STEP)))
    found = lanes(recording, slices(recording, steps))
    write(picture, about_lanes(recording, found), MARGIN, y, "dim")
    y += 8
    for one in found:
        write(picture, one.name, LEFT - 8, y + 17, anchor="end")
        draw(tracks, "rect", "track", x=LEFT, y=y, width=wide, height=LANE)
        half = y + LANE / 2
        draw(grid, "line", "half", x1=LEFT, x2=LEFT + wide, y1=half, y2=half)
        path = outline(one, wide, y + LANE)
        draw(picture, "path", "busy").set("d", path)
        y += LANE + GAP
    for tick in ticks(span):
        x = LEFT + tick / span * (RIGHT - LEFT)
        draw(grid, "line", "grid", x1=x, x2=x, y1=TOP + 8, y2=y)
        write(picture, f"{tick:g} s", x, y + 14, "dim", "middle")
    today = datetime.datetime.now(datetime.UTC).date()
    write(picture, f"{truth()}, {today}", MARGIN, y + 38, "dim")
    return finish(picture, y + 50)


def draw_lessons(chosen: Sequence[Lesson] = ()) -> None:
    """Run lessons and draw them into FOLDER.

    Arguments: `chosen`, which ones, and all that share a time axis with one
    of them; without any, every lesson.

    Raises ChildProcessError where a lesson fails, and what Ctrl-C raises: the
    pictures stay as they were.
    """
    axes = {axis(lesson) for lesson in chosen or lessons()}
    recordings = []
    spans = defaultdict[str, float](float)
    for lesson in lessons():
        name = axis(lesson)
        if name not in axes:
            continue
        print(lesson.name, flush=True)
        recording = watch(lesson, {}, stdout=subprocess.DEVNULL)
        if recording.stopped:
            raise recording.stopped
        if recording.status:
            raise ChildProcessError(f"{lesson.name} failed: no new pictures")
        print(summary(recording))
        spans[name] = max(spans[name], recording.seconds)
        recordings.append((lesson.path.stem, recording, name))
    for stem, recording, name in recordings:
        write_whole(FOLDER / f"{stem}.svg", svg(recording, spans[name]))


def axis(lesson: Lesson) -> str:
    """Return the name of a lesson's time axis, by default its own."""
    return lesson.notes.axis or lesson.number


def summary(recording: Recording) -> str:
    """Return the run's figures as one line."""
    seconds = recording.seconds
    used = sum(p.points[-1][1] for p in recording.processes.values())
    peak = f"{recording.peak_memory / 1e6:,.0f} MB"
    if recording.requests:
        peak = f"{recording.peak_requests:,} in flight, {peak}"
    return (
        f"took {seconds:.2f} s, CPU {used:.2f} s: on average "
        f"{used / seconds:.2f} cores; peak {peak}"
    )


def about_requests(rows: Sequence[Row], some: str, bad: str) -> str:
    """Return the heading of the requests.

    Arguments: `some`, what a time looks like in which at most half of a row's
    pages are under way, and `bad`, one of failure.
    """
    pages = list(chain.from_iterable(rows))
    requests = list(chain.from_iterable(pages))
    told = f"{len(requests):,} request{'s' if len(requests) > 1 else ''}"
    if len(requests) > len(pages):
        told += f" for {len(pages):,} pages"
    if len(rows[0]) > 1:
        told += f", {len(rows[0])} a row ({some}: at most half of them)"
    if failures := sum(map(failed, requests)):
        told += f", {failures:,} failed ({bad})"
    return told


def about_lanes(recording: Recording, found: Sequence[Lane]) -> str:
    """Return the heading of these lanes of a run."""
    told = "CPU, full height is one core"
    processes = recording.processes.values()
    threads = [one for process in processes for one in process.threads]
    drawn = sum(lane.threads for lane in found)
    if not threads:
        told += "; of processes, as this system times no threads"
    elif idle := len(threads) - drawn:
        told += f"; without {idle} thread{'s' if idle > 1 else ''} "
        told += "that hardly computed"
    return told


def request_rows(requests: Sequence[Request]) -> list[Row]:
    """Return the pages that were asked for, in the order of arrival.

    A request for the address of one that had failed before is another try of
    that page. More than MOST rows are made fewer by putting neighbours into
    one, always the same number of them.
    """
    pages: list[Page] = []
    unfinished = defaultdict[str, list[Page]](list)
    for request in sorted(requests, key=lambda one: one.arrived):
        known = unfinished[request.path]
        again = [one for one in known if end_of(one[-1]) <= request.arrived]
        if again:
            page = again[0]
            known.remove(page)
        else:
            page = []
            pages.append(page)
        page.append(request)
        if failed(request):
            known.append(page)
    return list(batched(pages, math.ceil(len(pages) / MOST) or 1))


def label(row: Row) -> str:
    """Return the path of a row's first page, and how many more there are.

    It is without its query where that would be too long.
    """
    more = f" +{len(row) - 1} more" if len(row) > 1 else ""
    path, most = row[0][0].path, LABEL - len(more)
    if len(path) > most:
        path = path.partition("?")[0]
    return shorten(path, most) + more


def shorten(name: str, most: int = LABEL) -> str:
    """Return a name in one line of at most so many characters."""
    shown = "".join(one if one.isprintable() else "?" for one in name)
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def marks(row: Row, edges: Sequence[float]) -> str:
    """Return what goes on in a row, a character for each slice of time."""
    count = len(edges) - 1
    under_way, failing = [0] * count, [0] * count
    for request in chain.from_iterable(row):
        times = request.arrived, min(end_of(request), edges[-1])
        first, last = (int(time / edges[-1] * count) for time in times)
        for n in range(max(first, 0), min(last + 1, count)):
            under_way[n] += 1
            failing[n] += failed(request)
    found = ""
    for here, bad in zip(under_way, failing, strict=True):
        if 2 * bad >= here:
            found += FAILED if here else NONE
        else:
            found += MOSTLY if 2 * here > len(row) else SOME
    return found


def end_of(request: Request) -> float:
    """Return when a request ended, in seconds since the start."""
    return math.inf if request.ended is None else request.ended


def failed(request: Request) -> bool:
    """Tell whether a request ended, and in failure."""
    return request.ended is not None and (request.status or 599) >= 400


def lanes(recording: Recording, edges: Sequence[float]) -> list[Lane]:
    """Return who computed when, in the slices between these times.

    The main thread comes first, and always has a lane. Another thread has
    one if it computed for LEAST of the run, and so have the others of a
    process if they did so together. More than MOST lanes are made fewer, each
    the mean of equally many neighbours.
    """
    found: list[Lane] = []
    workers = 0
    for process in recording.processes.values():
        name = f"process {workers + 1}" if found else "main"
        if is_fork_server(process, recording):
            name = "fork server"
        own = process_lanes(process, name, edges)
        workers += bool(own) and name.startswith("process")
        found += own
    size = math.ceil(len(found) / MOST) or 1
    return [mean_lane(some) for some in batched(found, size)]


def process_lanes(
    process: Process, name: str, edges: Sequence[float]
) -> list[Lane]:
    """Return the lanes of one process, `name`, as `lanes` does."""
    least = edges[-1] * LEAST
    rest = spent(process.points, edges)
    prefix = "" if name == "main" else f"{name}: "
    found: list[Lane] = []
    for n, thread in enumerate(process.threads.values()):
        if thread.points[-1][1] < least and (n or prefix):
            continue
        used = spent(thread.points, edges)
        rest = list(map(sub, rest, used))
        own = f"{prefix}thread {thread.name or len(found) or 1}"
        found.append(make_lane(own if n else name, used, edges, 1))
    if rest[-1] >= least:
        others = len(process.threads) - len(found)
        together = f"{prefix}the others" if process.threads else name
        found.append(make_lane(together, rest, edges, others))
    return found


def make_lane(
    name: str, used: list[float], edges: Sequence[float], threads: int
) -> Lane:
    """Return the lane of so many threads and CPU seconds so far."""
    busy = [max(b - a, 0) / edges[1] for a, b in pairwise(used)]
    cores = math.ceil(max(busy) / NOISE) if threads != 1 else 1
    if cores > 1:
        name += f" ({cores} cores)"
    shares = [min(share / max(cores, 1), 1) for share in busy]
    return Lane(shorten(name), shares, threads)


def mean_lane(some: Sequence[Lane]) -> Lane:
    """Return the mean of some lanes."""
    more = f" +{len(some) - 1} more" if len(some) > 1 else ""
    return Lane(
        shorten(some[0].name, LABEL - len(more)) + more,
        [
            mean(shares)
            for shares in zip(*(x.shares for x in some), strict=True)
        ],
        sum(lane.threads for lane in some),
    )


def is_fork_server(process: Process, recording: Recording) -> bool:
    """Tell whether it starts workers; they have the same command line."""
    parent = recording.processes.get(process.parent)
    return (
        "multiprocessing.forkserver" in " ".join(process.command)
        and parent is not None
        and parent.command != process.command
    )


def spent(points: Points, times: Sequence[float]) -> list[float]:
    """Return the CPU seconds so far at each of these times.

    From one look to the next they are taken to grow evenly, and after the
    last one not at all.
    """
    found = []
    for now in times:
        after = bisect(points, (now, math.inf))
        seconds = points[max(after - 1, 0)][1]
        if 0 < after < len(points):
            (t0, c0), (t1, c1) = points[after - 1 : after + 1]
            seconds += (c1 - c0) * (now - t0) / (t1 - t0)
        found.append(seconds)
    return found


def slices(recording: Recording, count: int) -> list[float]:
    """Return the edges of `count` equal slices of the run, in seconds."""
    return [recording.seconds * n / count for n in range(count + 1)]


def ticks(seconds: float) -> list[float]:
    """Return round times from 0 to `seconds`, at most TICKS steps of them."""
    least = seconds / TICKS
    power = 10 ** math.floor(math.log10(least))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= least)
    return [n * step for n in range(int(seconds / step) + 1)]


def block(share: float) -> str:
    """Return the block of that height; a little is not nothing."""
    eighths = round(share * 8)
    return BLOCKS[eighths or share >= 1 / 40]


def canvas(title: str, about: str) -> ElementTree.Element:
    """Return an SVG of 800 pixels' width with a title and a line about it."""
    picture = ElementTree.Element("svg", role="img", width="800")
    picture.set("xmlns", "http://www.w3.org/2000/svg")
    ElementTree.SubElement(picture, "title").text = title
    ElementTree.SubElement(picture, "desc").text = about
    ElementTree.SubElement(picture, "style").text = style()
    draw(picture, "rect", "back", width=800).set("height", "100%")
    write(picture, title, MARGIN, 28, "title")
    write(picture, about, MARGIN, 48)
    return picture


def finish(picture: ElementTree.Element, height: float) -> str:
    """Return the source of an SVG that is so many pixels high."""
    picture.set("viewBox", f"0 0 800 {height:g}")
    ElementTree.indent(picture)
    return ElementTree.tostring(picture, "unicode") + "\n"


def style() -> str:
    """Return the style sheet of the SVG, for light pages and for dark."""
    light, dark = (RULES.format_map(colours) for colours in (LIGHT, DARK))
    return f"{light}@media (prefers-color-scheme: dark) {{{dark}}}\n"


def write(
    picture: ElementTree.Element,
    words: str,
    x: float,
    y: float,
    kind: str = "",
    anchor: str = "start",
) -> None:
    """Write words into an SVG, `x` being where their `anchor` is."""
    element = draw(picture, "text", kind, x=x, y=y)
    element.set("text-anchor", anchor)
    element.text = words


def draw(
    picture: ElementTree.Element, shape: str, kind: str, **at: float
) -> ElementTree.Element:
    """Add a shape to an SVG, of that kind in its style sheet; return it."""
    element = ElementTree.SubElement(picture, shape, {"class": kind})
    for name, value in at.items():
        element.set(name, f"{value:.1f}".removesuffix(".0"))
    return element


def draw_marks(picture: ElementTree.Element, marks: str, y: float) -> None:
    """Draw a row's marks, one for each pixel, as bars."""
    x = LEFT
    for mark, run in groupby(marks):
        wide = len(list(run))
        if mark != NONE:
            at = {"x": x, "y": y + 2, "width": max(wide, 3), "height": ROW - 4}
            draw(picture, "rect", KINDS[mark], **at)
        x += wide


def outline(lane: Lane, wide: float, y: float) -> str:
    """Return the path round a lane that is `wide`, and stands on `y`."""
    step, path, n = wide / len(lane.shares), f"M{LEFT} {y}", 0
    for height, run in groupby(round(x * LANE) for x in lane.shares):
        n += len(list(run))
        path += f"V{y - height}H{LEFT + n * step:.1f}"
    return f"{path}V{y}Z"
