"""How good `uv run lab choose` is: its choice against all models, in full.

Run by hand: uv run tests/benchmarks/choosing.py. Each function's tasks are run
whole by every model, with the workers that the choice was measured with, and
their start counts. A choice hits where no model is faster by more than HIT.
"""

import os
import sys
from pathlib import Path
from statistics import median
from tempfile import NamedTemporaryFile

from backstage import practice_site
from backstage.choose.measurement import Advice, Child, Model, advise
from backstage.system import environment_summary

ROUNDS = 5  # of all tasks, by each model
SECONDS = 20  # for each choice
HIT = 0.1  # of the fastest time, within the noise of a run in full
FOLDER = Path(__file__).parent


def whole(child: Child, model: Model, tasks: int) -> float:
    """Return the seconds that all tasks take, the workers' start included."""
    start = child.ask(99, do="open", model=model.name, workers=model.workers)
    done = child.ask(
        99, do="run", model=model.name, tasks=tasks, chunk=model.chunk
    )
    return float(start["seconds"]) + float(done["seconds"])


def compare(advice: Advice, words: list[str]) -> dict[str, float]:
    """Return the median seconds of each model that is possible."""
    models = [model for model in advice.models if model.rounds]
    rounds = []
    for _ in range(ROUNDS):
        child = Child(advice.function, words)  # no fork server is there yet
        try:
            inputs = child.ask(99, **child.first)["inputs"]
            for number in range(inputs):
                child.ask(99, do="once", number=number)
            # Processes first: no thread is to be there when they fork.
            rounds.append(
                {x.name: whole(child, x, advice.tasks) for x in models[::-1]}
            )
        finally:
            child.end()
    return {
        model.name: median(one[model.name] for one in rounds)
        for model in models
    }


def main() -> None:
    os.chdir(FOLDER)  # where the functions are
    print(environment_summary())
    print(f"{'function':<15}{'tasks':>6}  {'chosen':<13}{'s':>6}  fastest")
    hits, losses = 0, []
    with practice_site(["/delay/0.1"]) as (url,), NamedTemporaryFile() as file:
        file.write(b"x" * 400_000)
        file.flush()
        works = [
            ("parse", ["4", "6"], 100),
            ("hash_password", ["30_000"], 120),
            ("search", ["r'[\\w.]+@[\\w.]+'", "r'[\\d.]+\\b'"], 800),
            ("sleep", ["0.05", "0.03"], 60),
            ("request", [repr(url)], 60),
            ("through_json", ["4"], 400),
            ("add", ["*range(9)"], 10_000),
            ("read", [repr(file.name)], 10_000),
            ("compress", ["4", "6"], 120),
            ("sort", ["2"], 120),
            ("count_primes", ["500", "600"], 1_500),
            ("mix", ["0.01"], 150),
            ("wait", ["0.02", "0.05"], 60),
        ]
        for name, words, tasks in works:
            advice = advise(f"choices:{name}", words, tasks, SECONDS)
            seconds = compare(advice, words)
            fastest = min(seconds, key=lambda one: seconds[one])
            lost = seconds[advice.best] / seconds[fastest] - 1
            hits += lost <= HIT
            losses.append(lost)
            print(
                f"{name:<15}{tasks:>6,}  {advice.best:<13}"
                f"{seconds[advice.best]:>6.2f}  {fastest:<13}"
                f"{seconds[fastest]:>6.2f}  lost {lost:.0%}",
                flush=True,
            )
    print(f"{hits} of {len(works)} hit; the worst lost {max(losses):.0%}")
    sys.exit(0 if hits >= 0.9 * len(works) and max(losses) <= 0.25 else 1)


if __name__ == "__main__":
    main()
