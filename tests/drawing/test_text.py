"""Text that fits into lines, and that can be shown."""

from backstage.drawing.text import COLUMNS, printable, wrap, wrap_label


def test_paragraphs_begin_in_lines_of_their_own() -> None:
    lines = wrap(["short", "", "long " * 20, "last"])
    assert (lines[0], lines[-1]) == ("short", "last")
    assert len(lines) == 4
    assert max(map(len, lines)) <= COLUMNS


def test_no_line_ends_between_a_number_and_its_unit() -> None:
    assert wrap_label("it took 1.25 s in all", 12) == [
        "it took",
        "1.25 s in",
        "all",
    ]
    assert wrap_label("it took 1.25 seconds", 12) == [
        "it took 1.25",
        "seconds",
    ]


def test_what_cannot_be_shown_is_a_question_mark() -> None:
    assert printable("a\ud800\x02\n<") == "a???<"
