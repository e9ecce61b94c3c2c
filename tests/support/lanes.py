"""The lanes of recordings whose figures are known."""

from backstage.watch.lane_builder import build_lanes
from backstage.watch.lanes import Lane
from backstage.watch.recording import Recording, Thread
from backstage.watch.workers import find_workers
from support.recordings import make_process, make_recording, make_thread


def lanes_of(
    recording: Recording, slices: int = 10, name: str = ""
) -> list[Lane]:
    """Return the lanes of a run that is cut into that many slices."""
    edges = [recording.seconds * n / slices for n in range(slices + 1)]
    return build_lanes(recording, find_workers(recording), name, edges)


def make_run_of_threads(*threads: Thread) -> Recording:
    """Return a run of 4 s whose main thread waits for these threads."""
    main = make_thread(0, 4, 0, "lock")
    return make_recording(4, [make_process(main, *threads)])
