"""The words beside and below a group's picture."""

from collections import Counter

from backstage.bench.axes import rows_by_client
from backstage.bench.descriptions import explain_ideal
from backstage.bench.groups import Group, client_of
from backstage.bench.results import Row
from backstage.bench.wording import format_number, join, round_time

MAX_NAMED = 3  # rows or numbers of pages that are named in brackets


def label_row(group: Group, row: Row) -> str:
    """Return a row's time, and how many times the ideal it is."""
    time = group.format_time(row.median)
    if row is group.reference or not row.ideal:
        return time
    ratio = round_time(row.median) / round_time(row.ideal)
    base = group.reference_name or "the ideal"
    return f"{time} ({format_number(ratio)} times {base})"


def label_client(group: Group, last: Row) -> str:
    """Return the label of a client's line, which ends with the row `last`."""
    time = group.format_time(last.median)
    return f"{client_of(last)}: {time} for {last.pages:,} pages"


def explain_client(group: Group, last: Row) -> list[str]:
    """Return what to know of a client, whose line ends with the row `last`."""
    notes = []
    reason = group.description.reasons.get(client_of(last))
    if reason:
        notes.append(reason)
    largest = max(row.pages for row in group.rows)
    if last.pages < largest:
        notes.append(f"not measured at {largest:,} pages")
    return notes


def list_explanations(group: Group) -> list[str]:
    """Return a sentence with the reason of each section, row or client."""
    if group.counts_pages:
        notes = {
            client: "; ".join(explain_client(group, rows[-1]))
            for client, rows in rows_by_client(group).items()
        }
    else:
        names = [*group.sections, *(row.name for row in group.rows)]
        reasons = group.description.reasons
        notes = {name: reasons.get(name, "") for name in names}
    return [
        f"{name}: {note.removesuffix('.')}."
        for name, note in notes.items()
        if note
    ]


def explain_mark(group: Group) -> str:
    """Return what the mark of the ideal means; empty without an ideal."""
    if group.reference:
        return (
            f"the time of {group.reference_name}, with which the others are"
            f" compared: {group.format_time(group.reference.median)}"
        )
    rows = [row for row in group.rows if row.ideal]
    if not rows:
        return ""
    meanings = {row.ideal_name: explain_ideal(row.ideal_name) for row in rows}
    mark = f"ideal: {'; or '.join(meanings.values())}"
    times = {group.format_time(row.ideal) for row in rows if row.ideal}
    return f"{mark}, {times.pop()}" if len(times) == 1 else mark


def describe_source(group: Group) -> str:
    """Return from how many rounds each time is computed."""
    has_medians = any(row.rounds > 1 for row in group.rows)
    kind = "the median of" if has_medians else "from"
    return f"Each time is {kind} {describe_rounds(group)}"


def describe_rounds(group: Group) -> str:
    """Return how often the rows were measured, such as "3 rounds"."""
    counts = Counter(row.rounds for row in group.rows)
    [(usual, _)] = counts.most_common(1)
    text = "1 round" if usual == 1 else f"{usual} rounds"
    rest = [row for row in group.rows if row.rounds != usual]
    if not rest:
        return text
    if group.counts_pages:
        names = [f"{pages:,}" for pages in sorted({row.pages for row in rest})]
        names[-1] += " pages"
    else:
        names = [row.name for row in rest]
    if len(counts) > 2 or len(names) > MAX_NAMED:
        return f"{min(counts)} to {max(counts)} rounds"
    return f"{text} ({join(names)}: {rest[0].rounds})"


def list_notes(group: Group) -> list[str]:
    """Return what a reader may ask who looks at the rows, as sentences."""
    notes = [*group.description.notes]
    faster = any(row.ideal and row.median < row.ideal for row in group.rows)
    if faster and not group.reference:
        notes.append(
            "The ideal is computed from measured medians, so a row can be"
            " faster."
        )
    return notes
