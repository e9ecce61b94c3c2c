"""The threads and processes of a run in an SVG, as lanes."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from xml.etree.ElementTree import Element

from backstage.drawing.canvas import draw, write
from backstage.watch.lanes import (
    CHILD,
    COMPUTING,
    NETWORK,
    OTHERS,
    READY,
    STATES,
    TIMER,
    TURN,
    WAITING,
    WORK,
    Slice,
    most_other,
)
from backstage.watch.layout import MAX_HALF, MIN_HALF, Layout
from backstage.watch.svg.timeline import LEFT, TimeAxis, write_name

LANE_HEIGHT, LANE_GAP = 28, 6  # pixels
START_GAP = 4  # pixels, before a worker that follows another one
CHARACTER = 6.4  # pixels, about
SMOOTHING = 2  # slices on each side that decide on a slice's label
LABELS = {
    COMPUTING: "computing",
    READY: "shares the CPUs",
    TURN: "takes turns",
    NETWORK: "waits for the network",
    TIMER: "waits for a timer",
    WORK: "waits for work or a lock",
    OTHERS: "waits for others",
    CHILD: "waits for a child",
    WAITING: "waits",
}


def draw_lanes(
    picture: Element, layout: Layout, axis: TimeAxis, y: float
) -> float:
    """Draw a lane for each thread and process, or for several that are alike.

    Returns:
        The y of what is drawn next.
    """
    width = layout.seconds * axis.scale / layout.slices
    for lane in layout.lanes:
        write_name(picture, lane.name, y + LANE_HEIGHT / 2 + 5)
        _draw_states(picture, lane.slices, width, y)
        for start in lane.starts:
            size = {"width": START_GAP, "height": LANE_HEIGHT}
            draw(picture, "rect", "back", x=LEFT + start * width, y=y, **size)
        _write_labels(picture, lane.slices, width, y)
        y += LANE_HEIGHT + LANE_GAP
    return y


def _draw_states(
    picture: Element, slices: Sequence[Slice], width: float, y: float
) -> None:
    """Draw the states of each slice as a stack, computing at its bottom."""
    x = float(LEFT)
    for shares, neighbours in groupby(slices, key=_round):
        length = len(list(neighbours)) * width
        bottom = y + LANE_HEIGHT
        total = sum(shares.values())
        for state in STATES:
            if share := shares.get(state, 0.0):
                height = share / total * LANE_HEIGHT
                bottom -= height
                size = {"width": length + 0.2, "height": height}
                draw(picture, "rect", state, x=x, y=bottom, **size)
        x += length


def _write_labels(
    picture: Element, slices: Sequence[Slice], width: float, y: float
) -> None:
    """Write into a lane what goes on in it, where the label fits."""
    x = float(LEFT)
    for state, neighbours in groupby(_smooth(slices)):
        length = len(list(neighbours)) * width
        if state:
            label = LABELS[state]
            if length > len(label) * CHARACTER + 12:
                middle = x + length / 2
                label_y = y + LANE_HEIGHT / 2 + 4
                write(picture, label, middle, label_y, "inside", "middle")
        x += length


def _round(shares: Slice) -> dict[str, float]:
    """Return shares in steps of a tenth, so that similar slices are equal."""
    return {state: round(share, 1) for state, share in shares.items()}


def _smooth(slices: Sequence[Slice]) -> list[str]:
    """Return the state of each slice that most of its neighbours have."""
    states = [_labelled_state(shares) for shares in slices]
    smoothed = []
    for n, state in enumerate(states):
        near = states[max(n - SMOOTHING, 0) : n + SMOOTHING + 1]
        most_common, _ = Counter(near).most_common(1)[0]
        smoothed.append(most_common if state else "")
    return smoothed


def _labelled_state(shares: Slice) -> str:
    """Return the state with which a slice is labelled, or ""."""
    if not shares:
        return ""
    computing = shares.get(COMPUTING, 0.0)
    if MIN_HALF <= computing < MAX_HALF:
        other = most_other(shares)
        if other in (TURN, READY):
            return other
    return COMPUTING if computing > 1 / 2 else most_other(shares)
