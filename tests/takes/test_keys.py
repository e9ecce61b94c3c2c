"""How a command is typed."""

from itertools import pairwise

from backstage.takes.keys import ENTER_PAUSE, FIRST_PAUSE, type_keys

COMMAND = "uv run lab 03 WORK=20_000_000"


def test_a_command_is_typed_key_by_key() -> None:
    *keys, enter = type_keys(COMMAND, start=2.0)
    assert "".join(key.text for key in keys) == COMMAND
    assert all(len(key.text) == 1 for key in keys)
    assert enter.text == "\r\n"
    assert keys[0].time > 2.0 + FIRST_PAUSE
    assert enter.time - keys[-1].time >= ENTER_PAUSE - 0.001
    pauses = [b.time - a.time for a, b in pairwise(keys)]
    assert 0.03 < min(pauses) < max(pauses) < 0.3
    assert len({round(pause, 3) for pause in pauses}) > 10  # not a machine
    assert 1.5 < enter.time - 2.0 < 6


def test_the_same_command_is_typed_in_the_same_way() -> None:
    assert [*type_keys(COMMAND, 0.0)] == [*type_keys(COMMAND, 0.0)]
    first, second = (list(type_keys(x, 0.0)) for x in (COMMAND, COMMAND[::-1]))
    assert [key.time for key in first] != [key.time for key in second]


def test_a_line_break_in_a_constant() -> None:
    assert "".join(x.text for x in type_keys("a\nb", 0.0)) == "a\r\nb\r\n"
