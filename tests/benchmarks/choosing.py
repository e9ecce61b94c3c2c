"""How good the choices of `uv run lab choose` are, against full runs.

Run by hand: uv run tests/benchmarks/choosing.py [FUNCTION ...]. Every
possible model runs all tasks of each function, with the workers that were
measured. The start of the workers counts. A choice is good if no model is
faster by more than TOLERANCE.
"""

import math
import os
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import NamedTemporaryFile
from time import perf_counter

from backstage import practice_site
from backstage.choose.measurement import measure
from backstage.choose.models import POOL_CLASSES, Advice, Model
from backstage.choose.probe_process import ProbeProcess
from backstage.choose.questions import DEFAULT_SECONDS
from backstage.choose.sampling import CHUNK, CHUNKS
from backstage.choose.worker_search import FULL_CPU_SHARE, MAX_PROCESSES
from backstage.system import cpus, environment_summary

ROUNDS = 5  # full runs of each model
TOLERANCE = 0.1  # of the fastest time: within the noise of a full run
MAX_LOSS = 0.25  # of the fastest time, that a choice may lose
MIN_GOOD = 0.9  # of all choices
TIMEOUT = 99  # seconds of a request
FOLDER = Path(__file__).parent


def plan_model(advice: Advice, model: Model) -> Model:
    """Return a model with usual numbers, if it was not measured."""
    if model.rounds or model.name not in POOL_CLASSES:
        return model
    workers = max(1, int(cpus()))
    if model.name != "threads" and advice.cpu_share < FULL_CPU_SHARE:
        workers *= MAX_PROCESSES
    size = math.ceil(CHUNK / advice.call_seconds)
    chunk = max(1, min(size, advice.tasks // (CHUNKS * workers)))
    return replace(model, workers=workers, chunk=chunk)


def run_tasks(probe: ProbeProcess, model: Model, tasks: int) -> float:
    """Return the seconds of all tasks, with the start of the workers."""
    seconds = 0.0
    workers = {"model": model.name, "workers": model.workers}
    if model.name in POOL_CLASSES:
        started = probe.ask(TIMEOUT, action="open", **workers)
        seconds += started["seconds"]
    chunk = 1 if model.name == "threads" else model.chunk
    result = probe.ask(
        TIMEOUT, action="run", tasks=tasks, chunk=chunk, **workers
    )
    return seconds + float(result["seconds"])


def run_models(advice: Advice, inputs: list[str]) -> dict[str, float]:
    """Return the median seconds of each model that can be used."""
    models = [
        plan_model(advice, model)
        for model in advice.models
        if not model.excluded
    ]
    rounds = []
    for _ in range(ROUNDS):
        # A new one each time, without a fork server from the last round.
        probe = ProbeProcess(advice.function, inputs, lambda: None)
        try:
            for number in range(probe.load(TIMEOUT)["inputs"]):
                probe.ask(TIMEOUT, action="call", number=number)
            # Processes first: while they are forked, there are no threads.
            rounds.append(
                {
                    model.name: run_tasks(probe, model, advice.tasks)
                    for model in reversed(models)
                }
            )
        finally:
            probe.end()
    return {
        model.name: median(seconds[model.name] for seconds in rounds)
        for model in models
    }


def main() -> None:
    """Compare the choices, and exit with 1 if they are not good enough."""
    os.chdir(FOLDER)  # where the functions are
    print(environment_summary())
    print(
        f"{'function':<15}{'tasks':>6}{'after':>8}  {'choice':<13}{'s':>6}  "
        "fastest"
    )
    losses = []
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
            ("split", ["2", "3"], 400),
        ]
        names = sys.argv[1:]
        for name, inputs, tasks in works:
            if names and name not in names:
                continue
            start = perf_counter()
            advice = measure(f"choices:{name}", inputs, tasks, DEFAULT_SECONDS)
            duration = perf_counter() - start
            seconds = run_models(advice, inputs)
            fastest = min(seconds, key=lambda model: seconds[model])
            loss = seconds[advice.best] / seconds[fastest] - 1
            losses.append(loss)
            print(
                f"{name:<15}{tasks:>6,}{duration:>6.1f} s  {advice.best:<13}"
                f"{seconds[advice.best]:>6.2f}  {fastest:<13}"
                f"{seconds[fastest]:>6.2f}  loss {loss:.0%}",
                flush=True,
            )
    good = sum(loss <= TOLERANCE for loss in losses)
    print(f"{good} of {len(losses)} good; worst loss: {max(losses):.0%}")
    is_good = good >= MIN_GOOD * len(losses) and max(losses) <= MAX_LOSS
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
