"""Commands that measure: bench, plot, calibrate."""

import logging
from pathlib import Path

import click

from backstage.cli.options import quiet_option, svg_option
from backstage.errors import LabError, UsageError

log = logging.getLogger(__name__)

PYTEST_OPTIONS = "backstage.pytest_options"  # their key in a Click context


class BenchCommand(click.Command):
    """A command that passes on the arguments after "--" unchanged."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments after "--" in the context."""
        ctx.meta[PYTEST_OPTIONS] = []
        if "--" in args:
            place = args.index("--")
            ctx.meta[PYTEST_OPTIONS] = args[place + 1 :]
            args = args[:place]
        return super().parse_args(ctx, args)

    def format_epilog(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write the names of the groups."""
        from backstage.bench import run

        formatter.write_paragraph()
        formatter.write_text(f"Groups: {', '.join(run.list_groups())}")

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the pieces of the usage line."""
        return [*super().collect_usage_pieces(ctx), "[-- PYTEST_OPTION...]"]


@click.command(cls=BenchCommand)
@quiet_option
@click.argument("chosen", metavar="[GROUP]...", nargs=-1)
@click.pass_context
def bench(ctx: click.Context, chosen: tuple[str, ...]) -> int:
    """Measure the models side by side with pytest-benchmark.

    It takes about 8 minutes. A table for each group shows the median, the
    shortest and the longest time, and how many times the ideal the median
    is. Without a GROUP all of them run. PYTEST_OPTIONs are those of
    pytest and pytest-benchmark, such as -k NAME or --benchmark-json=FILE.
    """
    from backstage.bench import run

    groups = run.list_groups()
    if not groups:
        raise LabError("the benchmarks are not here: run this in a clone")
    for name in chosen:
        if name not in groups:
            raise UsageError(
                f"no group {name!r}; there are {', '.join(groups)}"
            )
    return run.run_benchmarks(list(chosen) or groups, ctx.meta[PYTEST_OPTIONS])


@click.command()
@svg_option
@click.argument("file", type=click.Path(path_type=Path))
def plot(file: Path, svg: Path | None) -> int:
    """Draw the results of `bench`, a picture for each group.

    FILE is the JSON that `lab bench -- --benchmark-json=FILE` wrote.

    If there are several groups, --svg mine.svg writes a file for each, with
    the group's name before the suffix: mine-waiting.svg and so on.
    """
    from backstage.bench.results import load
    from backstage.bench.svg import write_svgs
    from backstage.bench.terminal import draw_text

    results = load(file)
    print(draw_text(results))
    if svg:
        write_svgs(results, svg)
    return 0


@click.command()
@quiet_option
def calibrate() -> int:
    """Measure one job here, and find the WORK that makes it one second.

    The job is that of the computing lessons.
    """
    from backstage.course import calibrate
    from backstage.system import environment_summary

    log.info(environment_summary())
    calibrate.calibrate()
    return 0
