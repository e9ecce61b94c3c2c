"""`uv run lab live`: the live view in this terminal."""

import time
from typing import NoReturn

from rich.console import Console
from rich.live import Live

from backstage.errors import UsageError
from backstage.live.follower import DRAW_INTERVAL, LOOK_INTERVAL, Follower
from backstage.live.listener import listen
from backstage.live.run import LiveRun
from backstage.live.screen import draw_idle_screen, draw_screen
from backstage.watch.throttle import Throttle

DRAW_SHARE = 0.05  # of one core, that drawing may take


def show_in_terminal() -> NoReturn:
    """Show lessons in this terminal until Ctrl-C.

    Raises:
        UsageError: If standard output is not a terminal.
        KeyboardInterrupt: After Ctrl-C.
    """
    console = Console()
    if not console.is_terminal:
        raise UsageError("lab live needs a terminal; lab live --web does not")
    throttle = Throttle(share=DRAW_SHARE)
    due = 0.0
    drawn: tuple[LiveRun, object] | None = None  # what does not change again
    with (
        listen() as listener,
        Live(
            draw_idle_screen(),
            console=console,
            screen=True,
            auto_refresh=False,
        ) as live,
    ):
        follower = Follower(listener)
        while True:
            follower.look()
            run, size = follower.run, console.size
            if run and (run, size) != drawn and time.perf_counter() >= due:
                with throttle.measure():
                    screen = draw_screen(run, *size)
                    live.update(screen, refresh=True)
                drawn = (run, size) if run.has_ended else None
                pause = max(DRAW_INTERVAL, throttle.interval)
                due = time.perf_counter() + pause
            time.sleep(LOOK_INTERVAL)
