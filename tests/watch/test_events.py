"""Recordings in files."""

import json
from pathlib import Path

import pytest

from backstage.errors import UsageError
from backstage.watch import events
from support.recordings import EVENT_LOG

HEADER = (
    b'{"version": 1, "lesson": "1", "title": "", "environment": "", '
    b'"gil": true, "cpus": 1}\n'
)


def test_the_example_has_every_type_of_event() -> None:
    types = {type(event) for event in EVENT_LOG.events}
    assert types == set(events.EVENT_TYPES.values())


def test_a_file_has_a_header_and_an_event_in_each_line(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    events.save(EVENT_LOG, file)
    header, *rest = map(json.loads, file.read_text("utf-8").splitlines())
    assert header == {
        "version": 1,
        "lesson": "02",
        "title": "lab/02_x.py",
        "environment": "a machine",
        "gil": False,
        "cpus": 2.0,
    }
    assert len(rest) == len(EVENT_LOG.events)
    assert rest[-1] == {"event": "RunEnded", "time": 2.0, "status": 3}


def test_what_is_saved_can_be_loaded(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    events.save(EVENT_LOG, file)
    assert events.load(file) == EVENT_LOG


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no JSON",
        b"\xff",
        b"1\n",
        b"[]\n",
        b"{}\n",
        b'{"version": 1}\n',
        HEADER + b"1\n",
        HEADER + b'{"event": "Nothing", "time": 1}\n',
        HEADER + b'{"event": "RunEnded", "time": 1}\n',
    ],
)
def test_a_file_that_is_not_a_recording_is_an_error_of_one_line(
    content: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "run.jsonl"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="is not a recording") as raised:
        events.load(file)
    assert "\n" not in str(raised.value)


def test_another_version_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    file.write_text('{"version": 2}\n')
    with pytest.raises(UsageError, match="version 2 is not known"):
        events.load(file)


def test_a_recording_without_its_end_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    events.save(EVENT_LOG, file)
    lines = file.read_text().splitlines(keepends=True)
    kept = [line for line in lines if "RunEnded" not in line]
    assert len(kept) == len(lines) - 1
    file.write_text("".join(kept))
    with pytest.raises(UsageError, match="has no end"):
        events.load(file)
