"""The requests of a run as rows: pages, attempts and labels."""

from hypothesis import given
from hypothesis import strategies as st

from backstage.watch.phases import Phase
from backstage.watch.recording import Request
from backstage.watch.request_rows import (
    Row,
    describe_requests,
    label_rows,
    make_rows,
    retry_delays,
)
from support.recordings import make_recording


def rows_of(
    requests: list[Request], phases: list[Phase] | None = None
) -> list[Row]:
    recording = make_recording(4, requests=requests)
    return make_rows(recording, phases or [], max_rows=20)


def heading_of(requests: list[Request]) -> str:
    recording = make_recording(4, requests=requests)
    return describe_requests(recording, rows_of(requests))


def test_the_attempts_of_a_page_are_in_one_row() -> None:
    requests = [
        Request("/flaky/1", 0, 0.1, 503),
        Request("/flaky/1", 0, 0.1, 503),  # another page
        Request("/flaky/1", 1, 1.1, 200),
        Request("/flaky/1", 1.2, 1.3, 200),
        Request("/flaky/1", 2, 2.1, 200),  # the page had not failed
    ]
    rows = rows_of(requests)
    assert [list(map(len, row.pages)) for row in rows] == [[2], [2], [1]]
    assert heading_of(requests) == "5 requests for 3 pages, 2 failed"


def test_requests_that_the_client_cancels_have_not_failed() -> None:
    requests = [Request(f"/{n}", 0, 0.1, 499) for n in range(3)]
    assert heading_of(requests) == "3 requests, 3 cancelled"
    requests += [Request("/page", 0, 0.1, 503), Request("/page2", 0, 0.1)]
    assert heading_of(requests) == "5 requests, 2 failed, 3 cancelled"


def test_a_delay_is_between_two_attempts() -> None:
    page = [
        Request("/a", 0, 0.1, 503),
        Request("/a", 1, 1.1, 503),
        Request("/a", 3, None, None),
    ]
    assert retry_delays(page) == [(0.1, 1), (1.1, 3)]


def test_where_pages_share_a_row_the_heading_says_so() -> None:
    requests = [Request("/delay/1", 0, 1, 200) for _ in range(40)]
    assert [row.size for row in rows_of(requests)] == [2] * 20
    assert heading_of(requests) == "40 requests, 2 pages in each row"
    assert heading_of(requests[:1]) == "1 request"
    assert heading_of([]) == ""


def test_numbers_that_differ_are_n_in_a_label() -> None:
    requests = [Request(f"/page/{n}?size=9", 0, 1, 200) for n in range(40)]
    assert {row.label for row in rows_of(requests)} == {"/page/N"}
    assert {row.label for row in rows_of(requests[:9])} == {"/page/N"}


def test_a_row_of_several_paths_says_so() -> None:
    requests = [Request(path, 0, 1, 200) for path in ["/a", "/b"] * 15]
    assert {row.label for row in rows_of(requests)} == {"several paths"}


def test_neighbours_with_the_same_label_have_it_once() -> None:
    page = [Request("/a", 0, 1, 200)]
    rows = [Row(path, [[page]]) for path in ["/a", "/a", "/b", "/a"]]
    assert label_rows(rows) == ["2 x /a", "", "/b", "/a"]


def test_of_a_long_path_the_end_is_the_label() -> None:
    (row,) = rows_of([Request("/a/very/long/path/1", 0, 1, 200)])
    assert row.label == "...y/long/path/1"


def test_each_phase_begins_in_the_first_row() -> None:
    """A page has the same row in each, and is not tried again in the next."""
    requests = [
        Request("/status/500", 0, 1, 500),
        Request("/delay/1", 1, 2, 200),
        Request("/delay/1", 2, 3, 200),
        Request("/status/500", 2.1, 3, 500),
    ]
    phases = [Phase("one", 0.0, 2.0), Phase("two", 2.0, 3.0)]
    rows = rows_of(requests, phases)
    assert [row.label for row in rows] == ["/status/500", "/delay/1"]
    assert [list(map(len, row.groups)) for row in rows] == [[1, 1], [1, 1]]


@given(st.integers(0, 500), st.integers(1, 20))
def test_no_page_is_lost_in_the_rows(count: int, max_rows: int) -> None:
    requests = [Request(f"/{n}", n / 99, 9, 200) for n in range(count)]
    rows = make_rows(make_recording(9, requests=requests), [], max_rows)
    assert len(rows) <= max_rows
    paths = [page[0].path for row in rows for page in row.pages]
    assert paths == [request.path for request in requests]
