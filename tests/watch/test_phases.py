"""The phases of a run, found in what it printed."""

from backstage.watch.phases import Phase, find_phases
from support.recordings import make_recording


def phases_of(lines: list[tuple[float, str]], pattern: str) -> list[Phase]:
    return find_phases(make_recording(10, lines=lines), pattern)


def test_a_phase_starts_the_printed_seconds_before_its_end() -> None:
    phases = phases_of(
        [(3.0, "one: 2.00 s"), (3.5, "a note"), (8.0, "two: 4.00 s")],
        r"(?P<name>\w+): (?P<seconds>[\d.]+) s",
    )
    assert phases == [
        Phase("one", 1.0, 3.0, seconds=2.0),
        Phase("two", 4.0, 8.0, seconds=4.0),
    ]
    assert [phase.label for phase in phases] == ["one: 2.0 s", "two: 4.0 s"]
    assert [phase.duration for phase in phases] == [2.0, 4.0]


def test_without_seconds_a_phase_starts_where_the_last_one_ended() -> None:
    phases = phases_of(
        [(3.0, "tiny a b"), (8.0, "waits  c d")], r"(?P<name>tiny|waits) "
    )
    assert phases == [Phase("tiny", 0.0, 3.0), Phase("waits", 3.0, 8.0)]
    assert phases[0].label == "tiny"
    assert phases[1].duration == 5.0


def test_the_lines_of_a_table_are_phases_one_after_the_other() -> None:
    phases = phases_of(
        [(9.0, "one 5.0 s"), (9.0, "two 1.0 s"), (9.0, "three 2.0 s")],
        r"(?P<name>\w+) (?P<seconds>[\d.]+) s",
    )
    assert [(phase.start, phase.end) for phase in phases] == [
        (1.0, 6.0),
        (6.0, 7.0),
        (7.0, 9.0),
    ]


def test_neighbours_of_the_same_name_are_one_phase() -> None:
    phases = phases_of(
        [(1.0, "a 1"), (3.0, "a 9"), (4.0, "b 1")], r"(?P<name>a|b)"
    )
    assert phases == [Phase("a", 0.0, 3.0), Phase("b", 3.0, 4.0)]


def test_a_run_may_have_no_phases() -> None:
    lines = [(1.0, "a 1")]
    assert phases_of(lines, "") == []
    assert phases_of(lines, r"(?P<name>b)") == []
