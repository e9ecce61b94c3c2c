"""How good the choices of `uv run lab choose` are.

    uv run tests/benchmarks/choosing.py

has a model chosen for each function in choices.py. Then every model runs all
tasks of the function, with the number of workers that it had when it was
measured. The start of the workers counts. A choice is good if the fastest
model is not faster by more than TOLERANCE.
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
TOLERANCE = 0.1  # of the fastest time: the noise of a run
MIN_GOOD = 0.9  # of the choices, or the exit status is 1
MAX_LOSS = 0.25  # of the fastest time, for the worst choice
FOLDER = Path(__file__).parent


def run_all_tasks(child: Child, model: Model, tasks: int) -> float:
    """Return the seconds that all tasks and the workers' start take."""
    start = child.ask(99, do="open", model=model.name, workers=model.workers)
    done = child.ask(
        99, do="run", model=model.name, tasks=tasks, chunk=model.chunk
    )
    return float(start["seconds"]) + float(done["seconds"])


def measure_models(advice: Advice, inputs: list[str]) -> dict[str, float]:
    """Return the median seconds of each possible model, by its name.

    Args:
        advice: The choice, with the models and their workers.
        inputs: What the function is called with, as expressions.
    """
    models = [model for model in advice.models if model.rounds]
    rounds = []
    for _ in range(ROUNDS):
        child = Child(advice.function, inputs)  # no fork server is there yet
        try:
            count = child.ask(99, **child.first)["inputs"]
            for number in range(count):
                child.ask(99, do="once", number=number)
            # Processes first: they must not fork while threads run.
            rounds.append(
                {
                    model.name: run_all_tasks(child, model, advice.tasks)
                    for model in reversed(models)
                }
            )
        finally:
            child.end()
    return {
        model.name: median(seconds[model.name] for seconds in rounds)
        for model in models
    }


def main() -> None:
    """Choose and measure a model for each function, and print a table."""
    os.chdir(FOLDER)  # where the functions are
    print(environment_summary())
    print(f"{'function':<15}{'tasks':>6}  {'chosen':<13}{'s':>6}  fastest")
    losses = []
    with practice_site(["/delay/0.1"]) as (url,), NamedTemporaryFile() as file:
        file.write(b"x" * 400_000)
        file.flush()
        functions = [
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
        for name, inputs, tasks in functions:
            advice = advise(f"choices:{name}", inputs, tasks, SECONDS)
            seconds = measure_models(advice, inputs)
            fastest = min(seconds, key=lambda name: seconds[name])
            loss = seconds[advice.best] / seconds[fastest] - 1
            losses.append(loss)
            print(
                f"{name:<15}{tasks:>6,}  {advice.best:<13}"
                f"{seconds[advice.best]:>6.2f}  {fastest:<13}"
                f"{seconds[fastest]:>6.2f}  loss {loss:.0%}",
                flush=True,
            )
    good = sum(loss <= TOLERANCE for loss in losses)
    print(f"{good} of {len(losses)} good; worst loss: {max(losses):.0%}")
    passed = good >= MIN_GOOD * len(losses) and max(losses) <= MAX_LOSS
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
