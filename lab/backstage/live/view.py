"""`uv run lab live`: the live view in this terminal."""

import sys
import time
from typing import NoReturn

from rich.console import Console, ConsoleDimensions
from rich.live import Live
from rich.text import Text

from backstage.errors import UsageError
from backstage.live.follower import DRAW_INTERVAL, LOOK_INTERVAL, Follower
from backstage.live.listener import listen
from backstage.live.run import LiveRun
from backstage.live.screen import draw_idle_screen, draw_screen
from backstage.watch.throttle import Throttle

DRAW_SHARE = 0.1  # of one core, that drawing may take


def show_in_terminal() -> NoReturn:
    """Show lessons in this terminal until Ctrl-C.

    Raises:
        UsageError: If standard output is not a terminal.
        KeyboardInterrupt: After Ctrl-C.
    """
    console = Console()
    if not sys.stdout.isatty() or console.is_dumb_terminal:
        raise UsageError("lab live needs a terminal; lab live --web does not")
    throttle = Throttle(share=DRAW_SHARE)
    due = 0.0
    drawn: object = None  # the run and the size, if this picture is final
    with (
        listen() as listener,
        Live(console=console, screen=True, auto_refresh=False) as live,
    ):
        follower = Follower(listener)
        while True:
            follower.look()
            run, size = follower.run, console.size
            if (run, size) != drawn and time.perf_counter() >= due:
                with throttle.measure():
                    live.update(_draw(run, size), refresh=True)
                drawn = (run, size) if not run or run.has_ended else None
                pause = max(DRAW_INTERVAL, throttle.interval)
                due = time.perf_counter() + pause
            time.sleep(LOOK_INTERVAL)


def _draw(run: LiveRun | None, size: ConsoleDimensions) -> Text:
    """Return what is shown of a run, or before the first one."""
    return draw_screen(run, *size) if run else draw_idle_screen()
