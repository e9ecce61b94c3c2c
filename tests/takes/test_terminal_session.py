"""Programs in terminals of their own, and how they end."""

import os
from pathlib import Path

import pytest

from backstage.takes import session
from backstage.takes.session import TerminalSession

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals"),
    # pytest has other threads; the command has none when it forks.
    pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"),
]
STUBBORN = """
import signal, sys, time
for name in sys.argv[1:]:
    signal.signal(getattr(signal, name), signal.SIG_IGN)
print("ready", flush=True)
while True:
    time.sleep(0.01)
    print("noise", flush=True)
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of a program that stands in for `lab`."""
    monkeypatch.setattr(session, "ROOT", tmp_path)
    return tmp_path / "lab"


def read_until(terminal: TerminalSession, word: str) -> str:
    text = ""
    while word not in text:
        new = terminal.read()
        assert new is not None, text
        text += new
    return text


def test_the_size_of_the_terminal_and_the_status(
    traced: None, program: Path
) -> None:
    program.write_text(
        "import os, sys\n"
        "print(os.get_terminal_size(), '\\u6f22', sys.argv[1:], end='')\n"
        "sys.exit(7)"
    )
    terminal = TerminalSession(["a", "b"], rows=14)
    text = ""
    while (new := terminal.read()) is not None:
        text += new
    assert "columns=80, lines=14" in text
    assert text.endswith("\u6f22 ['a', 'b']")
    assert terminal.close() == 7


def test_ctrl_c_ends_a_program(traced: None, program: Path) -> None:
    program.write_text(STUBBORN)
    terminal = TerminalSession([], rows=14)
    read_until(terminal, "ready")
    terminal.stop()
    assert terminal.close() == 130


@pytest.mark.parametrize(
    ("ignored", "status"),
    [(["SIGINT"], 129), (["SIGINT", "SIGHUP"], 137)],
)
def test_a_program_that_ignores_signals_is_ended(
    ignored: list[str],
    status: int,
    traced: None,
    program: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "STOP_TIMEOUT", 1)
    program.write_text(
        STUBBORN.replace('    print("noise", flush=True)', "    pass")
    )
    terminal = TerminalSession(ignored, rows=14)
    read_until(terminal, "ready")
    terminal.stop()
    if status == 129:  # the signal ends it, but perhaps not at once
        monkeypatch.setattr(session, "STOP_TIMEOUT", 60)
    assert terminal.close() == status
