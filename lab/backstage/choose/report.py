"""What `uv run lab choose` prints."""

import textwrap
from collections.abc import Iterable, Sequence
from statistics import median

from rich.table import Table

from backstage.choose.models import Advice, BestModel, measured
from backstage.choose.preparation import MOSTLY_COMPUTING
from backstage.choose.ranking import MAX_TASKS, Comparison
from backstage.choose.rules import RULES, Work, by_rule
from backstage.drawing.text import COLUMNS
from backstage.tables import print_table

SPEEDUP = 1.3  # of two threads, from which on they run at the same time
TOO_SHORT = 1e-4  # seconds of a call: a pool takes about as long for it
MAX_REMARKS = 3


def print_advice(advice: Advice) -> None:
    """Print what was measured, in a table, and the advice."""
    print(_wrap(describe_function(advice)))
    print()
    print_table(make_table(advice))
    print()
    print(_wrap([*describe_gaps(advice), *describe_advice(advice)]))


def print_rule(work: Work) -> None:
    """Print which model the rules choose, and why."""
    rule = by_rule(work)
    number = RULES.index(rule) + 1
    total = format_seconds(work.total)
    one_by_one = f", {total} one by one" if work.tasks > 1 else ""
    lines = [
        f"{_count(work.tasks, 'task')}{one_by_one}",
        f"use {rule.best}; second: {rule.second}",
        f"rule {number} of {len(RULES)} decided: {rule.reason}",
        "not measured: uv run lab choose MODULE:FUNCTION does that",
    ]
    print(_wrap(lines))


def describe_function(advice: Advice) -> list[str]:
    """Return lines on the function: its time, its pickling, remarks."""
    call = f"{advice.function}: {format_seconds(advice.call_seconds)} per call"
    verb = "computes" if advice.cpu_share >= MOSTLY_COMPUTING else "waits"
    share = f"{advice.cpu_share:.0%} of it CPU time"
    lines = [f"{call}, {share}: it mostly {verb}"]
    if advice.speedup is not None:
        many = "many calls at once" if advice.is_async else "two threads"
        lines.append(
            f"{many} are {advice.speedup:.3g} times as fast as one: "
            f"{_explain_speedup(advice, advice.speedup)}"
        )
    if advice.pickling:
        lines.append(
            f"pickling a call and its result: {advice.pickling.size:,} bytes, "
            f"{format_seconds(advice.pickling.seconds)}"
        )
    lines += advice.remarks[:MAX_REMARKS]
    more = len(advice.remarks) - MAX_REMARKS
    if more > 0:
        lines.append(f"and {_count(more, 'more remark')}")
    return lines


def _explain_speedup(advice: Advice, speedup: float) -> str:
    """Return what the speed-up of several calls shows of the function."""
    if speedup >= SPEEDUP:
        return "its calls can run at the same time"
    if advice.call_seconds < TOO_SHORT:
        return "it is too short to see whether calls can run at the same time"
    if advice.is_async:
        return "it blocks the event loop"
    if advice.cpu_share >= MOSTLY_COMPUTING:
        return "its calls take turns"
    return "its calls wait for a lock, or for the GIL"


def make_table(advice: Advice) -> Table:
    """Return a table with a row for each model that was measured."""
    table = Table()
    table.add_column("model")
    tasks = _count(advice.tasks, "task")
    for title in "workers", "start", "MB each", "per task", tasks:
        table.add_column(title, justify="right")
    for model in measured(advice.models):
        table.add_row(
            model.name,
            f"{model.workers:,}",
            format_seconds(model.start_seconds),
            f"{model.worker_bytes / 1e6:.1f}",
            format_seconds(median(model.rounds)),
            format_seconds(model.total_seconds(advice.tasks)),
        )
    return table


def describe_gaps(advice: Advice) -> list[str]:
    """Return a line on each model that is not in the table."""
    return [
        f"{model.name} left out: {model.excluded or model.skipped}"
        for model in advice.models
        if model not in measured(advice.models)
    ]


def describe_advice(advice: Advice) -> list[str]:
    """Return lines on which model to use, and on what that depends."""
    best = advice.find(advice.best)
    workers = f", {best.workers:,} workers" if best.workers > 1 else ""
    chunks = f", chunks of {best.chunk:,} tasks" if best.chunk > 1 else ""
    seconds = format_seconds(best.total_seconds(advice.tasks))
    tasks = _count(advice.tasks, "task")
    lines = [f"use {best.name}{workers}{chunks}: {tasks} in {seconds}"]
    if advice.second:
        lines.append(f"second: {advice.second}; {describe_spread(advice)}")
    if advice.break_even:
        number = _count(advice.break_even, "task")
        lines.append(f"faster than sequential from {number} on")
    ranges = _join(advice.ranges)
    if len(advice.ranges) > 1:
        lines.append(f"by the number of tasks: {ranges}")
    names = {model.name for model in measured(advice.models)}
    best_names = {best.name for best in advice.ranges}
    if "cluster" in names - best_names:
        limit = _count(MAX_TASKS, "task")
        lines.append(f"the cluster does not pay, up to {limit}")
    started = _join(advice.ranges_when_started)
    if started != ranges:
        lines.append(f"if the workers have started already: {started}")
    return lines


def describe_spread(advice: Advice) -> str:
    """Return how the second model compares with the best in the rounds."""
    comparison = Comparison(advice.ratios)
    low, high = comparison.lowest, comparison.highest
    count = len(advice.ratios)
    rounds = "in the only round" if count == 1 else f"in {count} rounds"
    if comparison.is_trimmed:
        rounds = f"in the middle half of {count} rounds"
    factors = f"{low:,.2f}" if count == 1 else f"{low:,.2f} to {high:,.2f}"
    line = f"{rounds} it took {factors} times as long as {advice.best}"
    if advice.is_clear:
        return line
    reason = "the measurement cannot decide between the two"
    if comparison.is_consistent:
        reason = "the difference is small"
    choice = f"and {advice.best} is simpler"
    if comparison.is_likely:
        choice = f"but {advice.best} was faster in the median round"
    return f"{line}: {reason}, {choice}"


def format_seconds(seconds: float) -> str:
    """Return a duration with its unit: s, ms or us."""
    factors = {"s": 1, "ms": 1e3, "us": 1e6}
    large = (unit for unit in factors if seconds * factors[unit] >= 1)
    unit = next(large, "us")
    number = seconds * factors[unit]
    return f"{number:,.{0 if number >= 100 else 2}f} {unit}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _join(ranges: Iterable[BestModel]) -> str:
    return ", ".join(f"{name} from {tasks:,}" for tasks, name in ranges)


def _wrap(lines: Sequence[str]) -> str:
    return "\n".join(textwrap.fill(line, COLUMNS) for line in lines)
