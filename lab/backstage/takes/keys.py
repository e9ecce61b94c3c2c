"""The keys of a command, at the times at which a person might press them."""

from collections.abc import Iterator
from random import Random

from backstage.takes.session import Output

FIRST_PAUSE = 0.6  # seconds before the first key
ENTER_PAUSE = 0.4  # seconds before the key Enter
KEY_PAUSES = 0.04, 0.12  # seconds before any other key: shortest, longest
WORD_PAUSES = 0.10, 0.25  # seconds before the first key of a word


def type_keys(command: str, start: float) -> Iterator[Output]:
    """Yield each key of a command, and a line break at the end.

    The same command is always typed in the same way.

    Args:
        command: The command.
        start: When the prompt appears, in seconds.
    """
    random = Random(command)
    time = start + FIRST_PAUSE
    previous = ""
    for key in command:
        pauses = WORD_PAUSES if previous == " " else KEY_PAUSES
        time += random.uniform(*pauses)
        yield Output(time, "\r\n" if key == "\n" else key)
        previous = key
    yield Output(time + ENTER_PAUSE, "\r\n")
