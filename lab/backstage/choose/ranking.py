"""From measured rounds to advice: which model is best, and how clearly."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import geometric_mean, median

from backstage.choose.models import Advice, BestModel, Model, measured
from backstage.errors import LabError

MAX_TASKS = 1_000_000  # for which there is advice
MIN_DIFFERENCE = 1.07  # times as long: models that are closer are equal
CLEAR_DIFFERENCE = 1.25  # times as long: enough without looking at the spread
LIKELY_DIFFERENCE = 1.15  # times as long in the median round
MIN_ROUNDS = 3  # rounds that show a spread
FAR_BEHIND = 1.5  # times as long as the best: no more rounds for the model
TRIMMED_ROUNDS = 5  # from so many on, only the middle half counts


@dataclass(frozen=True)
class Comparison:
    """How many times as long one model took as another, in each round."""

    ratios: list[float]

    @property
    def is_trimmed(self) -> bool:
        """Whether there are enough rounds to leave out the extremes."""
        return len(self.ratios) >= TRIMMED_ROUNDS

    @property
    def lowest(self) -> float:
        """The lowest ratio, of the middle half if there are many."""
        return sorted(self.ratios)[self._extremes]

    @property
    def highest(self) -> float:
        """The highest ratio, of the middle half if there are many."""
        return sorted(self.ratios)[-1 - self._extremes]

    @property
    def _extremes(self) -> int:
        """How many ratios are left out at each end."""
        return len(self.ratios) // 4 if self.is_trimmed else 0

    @property
    def spread(self) -> float:
        """The range of the ratios, or its half on each side if there are many.

        The latter is the quartile deviation.
        """
        ratio_range = self.highest - self.lowest
        return ratio_range / 2 if self.is_trimmed else ratio_range

    @property
    def is_consistent(self) -> bool:
        """Whether the difference is larger than the spread of the ratios."""
        has_one = self.lowest <= 1 <= self.highest
        difference = abs(median(self.ratios) - 1)
        enough = len(self.ratios) >= MIN_ROUNDS
        return enough and not has_one and difference > self.spread

    @property
    def is_likely(self) -> bool:
        """Whether the first model is slower in the median round.

        A difference that is likely, but not clear, decides which model is
        chosen. A small one does not: then the simpler model is.
        """
        enough = len(self.ratios) >= MIN_ROUNDS
        return enough and median(self.ratios) > LIKELY_DIFFERENCE

    @property
    def is_clear(self) -> bool:
        """Whether the first model is slower, and by more than the spread."""
        typical = median(self.ratios)
        if len(self.ratios) < MIN_ROUNDS:
            return typical > CLEAR_DIFFERENCE
        if self.lowest > CLEAR_DIFFERENCE:
            return True
        return self.is_consistent and typical > MIN_DIFFERENCE


def compare(slower: Model, faster: Model, tasks: int) -> Comparison:
    """Compare two models in the rounds that both took part in."""
    rounds = zip(
        slower.total_seconds_by_round(tasks),
        faster.total_seconds_by_round(tasks),
        strict=False,  # the first rounds are common
    )
    return Comparison([longer / shorter for longer, shorter in rounds])


def rank(models: Sequence[Model], tasks: int) -> list[Model]:
    """Return the models, with the best one for so many tasks first.

    The models must come in the order of MODEL_NAMES, the simplest first. The
    best is the simplest to which none is superior, clearly or likely, unless
    an even simpler one is faster. The others are in the order of their times.
    """
    by_time = sorted(models, key=lambda model: model.total_seconds(tasks))
    best = by_time[0]
    lowest = math.inf
    for model in models:
        seconds = model.total_seconds(tasks)
        if seconds < lowest and not _is_worse(model, models, tasks):
            best = model
            break
        lowest = min(lowest, seconds)
    return [best, *(model for model in by_time if model is not best)]


def _is_beaten(model: Model, models: Sequence[Model], tasks: int) -> bool:
    return any(compare(model, other, tasks).is_clear for other in models)


def _is_worse(model: Model, models: Sequence[Model], tasks: int) -> bool:
    """Return whether another model is faster, clearly or likely."""
    comparisons = [compare(model, other, tasks) for other in models]
    return any(each.is_clear or each.is_likely for each in comparisons)


def find_contenders(models: Sequence[Model], tasks: int) -> list[Model]:
    """Return the models that need one more round.

    Until there are MIN_ROUNDS these are the two fastest, and all others that
    are not far behind with so many tasks, or with MAX_TASKS. After that they
    are the two fastest and all simpler ones that are not clearly slower. Once
    nothing is left to decide, there are none.
    """
    set_call_seconds(models)
    count = max((len(model.rounds) for model in models), default=0)
    models = [model for model in models if len(model.rounds) == count]
    if len(models) < 2:
        return models if count < MIN_ROUNDS else []
    by_time = sorted(models, key=lambda model: model.total_seconds(tasks))
    fastest, second, *_ = by_time
    if count < MIN_ROUNDS:
        return [
            model
            for model in models
            if model in (fastest, second)
            or not _is_far_behind(model, models, tasks)
            or not _is_far_behind(model, models, MAX_TASKS)
        ]
    simpler = models[: models.index(fastest)]
    equal = [
        model for model in simpler if not _is_beaten(model, models, tasks)
    ]
    rivals = equal or [second]
    ratios = compare(second, fastest, tasks).ratios
    if not equal and min(ratios) > CLEAR_DIFFERENCE:
        return []
    return [model for model in models if model in [fastest, *rivals]]


def _is_far_behind(model: Model, models: Sequence[Model], tasks: int) -> bool:
    fastest = min(other.total_seconds(tasks) for other in models)
    return model.total_seconds(tasks) > FAR_BEHIND * fastest


def set_call_seconds(models: Sequence[Model]) -> None:
    """Take the elapsed time of a call from the sequential model's rounds."""
    for sequential in models[:1]:
        if sequential.name == "sequential":
            for model in models:
                model.call_seconds = median(sequential.rounds)


def normalize_rounds(models: Sequence[Model]) -> None:
    """Remove from the rounds what was slow for all models in a round.

    The level of a round is the geometric mean of the samples of the models
    that took part to the end. All samples are scaled to the median level.
    A last round that only one model took part in is removed.
    """
    count = sorted(len(model.rounds) for model in models)[-2:][0]
    finalists = [model for model in models if len(model.rounds) >= count]
    levels = [
        geometric_mean(model.rounds[number] for model in finalists)
        for number in range(count)
    ]
    typical = median(levels)
    for model in models:
        model.rounds = [
            seconds / level * typical
            for seconds, level in zip(model.rounds, levels, strict=False)
        ]


def find_break_even(model: Model, sequential: Model) -> int | None:
    """Return from how many tasks on a model is clearly faster.

    Returns:
        The number, in two significant digits, or None if there is none up
        to MAX_TASKS.
    """
    for tasks in _numbers_of_tasks():
        if compare(sequential, model, tasks).is_clear:
            return tasks
    return None


def find_ranges(models: Sequence[Model]) -> list[BestModel]:
    """Return the best model by the number of tasks, up to MAX_TASKS.

    The numbers have two significant digits. With more tasks the start of
    workers matters less, so a model is never followed by a simpler one.
    """
    numbers = _numbers_of_tasks()
    index = len(models) - 1
    ranges = list[BestModel]()
    for tasks in reversed(numbers):
        index = min(index, models.index(rank(models, tasks)[0]))
        if ranges and ranges[0].name == models[index].name:
            ranges.pop(0)
        ranges.insert(0, BestModel(tasks, models[index].name))
    return ranges


def _numbers_of_tasks() -> list[int]:
    """Return all numbers with two significant digits, up to MAX_TASKS."""
    exponents = range(len(str(MAX_TASKS)) - 2)
    longer = [
        n * 10**exponent for exponent in exponents for n in range(10, 100)
    ]
    return [*range(1, 10), *longer, MAX_TASKS]


def decide(advice: Advice) -> None:
    """Choose among the models that were measured, and fill in the advice.

    Raises:
        LabError: If not even sequential calls were measured.
    """
    models = measured(advice.models)
    if not models or models[0].name != "sequential":
        reasons = [
            f"{model.name}: {model.excluded or model.skipped}"
            for model in advice.models
        ]
        raise LabError(f"no advice: {'; '.join(reasons)}")
    sequential = models[0]
    normalize_rounds(models)
    set_call_seconds(models)
    # The rounds have more calls than there were at first.
    advice.cpu_seconds *= sequential.call_seconds / advice.call_seconds
    advice.call_seconds = sequential.call_seconds
    best, *slower = rank(models, advice.tasks)
    advice.best = best.name
    if slower:
        second = slower[0]
        comparison = compare(second, best, advice.tasks)
        advice.second = second.name
        advice.ratios = comparison.ratios
        advice.is_clear = comparison.is_clear
    advice.ranges = find_ranges(models)
    started = [replace(model, start_seconds=0.0) for model in models]
    advice.ranges_when_started = find_ranges(started)
    if best is not sequential:
        advice.break_even = find_break_even(best, sequential)
