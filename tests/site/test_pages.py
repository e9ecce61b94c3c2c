"""What the practice site answers at each path."""

from urllib.parse import quote

import pytest
import requests
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from support.site import get, send_bytes


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/plain"),
        ("/get?a=1", "application/json"),
        ("/headers", "application/json"),
        ("/json", "application/json"),
        ("/html", "text/html"),
        ("/uuid", "application/json"),
        ("/delay/0", "application/json"),
        ("/status/200", "text/html"),
        ("/bytes/0", "application/octet-stream"),
        ("/links/10/3", "text/html"),
        ("/redirect/3", "application/json"),
        ("/image/png", "image/png"),
        ("/page/1", "text/html"),
        ("/photo/1", "image/jpeg"),
        ("/flaky/0", "text/html"),
    ],
)
def test_every_page_answers(site: str, path: str, content_type: str) -> None:
    response = get(site + path)
    assert response.status_code == 200
    kind, _, _ = response.headers["content-type"].partition(";")
    assert kind == content_type


def test_the_index_names_every_path(site: str) -> None:
    paths = get(f"{site}/").text.splitlines()
    assert "/delay/{seconds}" in paths
    assert "/page/{n}" in paths


def test_get_describes_the_request(site: str) -> None:
    url = f"{site}/get?a=1&b=two"
    description = get(url, headers={"X-Tra": "yes"}).json()
    assert description["args"] == {"a": "1", "b": "two"}
    assert description["headers"]["X-Tra"] == "yes"
    assert description["origin"] == "127.0.0.1"
    assert description["url"] == url
    assert get(f"{site}/headers").json().keys() == {"headers"}


def test_json_is_the_slideshow_of_httpbin(site: str) -> None:
    slideshow = get(f"{site}/json").json()["slideshow"]
    assert slideshow.keys() == {"author", "date", "title", "slides"}


def test_each_uuid_is_another(site: str) -> None:
    uuids = {get(f"{site}/uuid").json()["uuid"] for _ in range(2)}
    assert len(uuids) == 2


@pytest.mark.parametrize(
    "path",
    ["/delay/0.2", "/page/7?size=1&delay=0.2", "/photo/0?delay=0.2"],
)
def test_a_delay_comes_before_the_answer(site: str, path: str) -> None:
    assert get(site + path).elapsed.total_seconds() >= 0.2


@pytest.mark.parametrize("code", [200, 204, 301, 404, 418, 500, 503, 599])
def test_a_status_is_answered(site: str, code: int) -> None:
    response = get(f"{site}/status/{code}", allow_redirects=False)
    assert response.status_code == code
    assert ("location" in response.headers) == (code == 301)


def test_bytes_links_and_redirects_are_counted(site: str) -> None:
    assert len(get(f"{site}/bytes/1000").content) == 1000
    assert get(f"{site}/bytes/50").content == get(f"{site}/bytes/50").content
    assert get(f"{site}/links/10/3").text.count("<a ") == 9
    assert len(get(f"{site}/redirect/3").history) == 3


def test_a_page_has_its_number_and_its_size(site: str) -> None:
    text = get(f"{site}/page/7?size=50000").text
    assert "<title>Page 7 of the practice site</title>" in text
    assert 50_000 <= len(text) < 52_000
    assert get(f"{site}/page/7?size=50000").text == text
    assert get(f"{site}/page/8?size=50000").text != text


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/delay/abc",
        "/delay/-1",
        "/delay/1e9",
        "/delay/nan",
        "/delay/inf",
        "/delay/10.1",
        "/delay/" + "9" * 5000,
        "/status/99",
        "/status/600",
        "/status/2x0",
        "/bytes/99999999999",
        "/bytes/-1",
        "/bytes/" + "9" * 5000,
        "/links/201/0",
        "/redirect/201",
        "/page/x",
        "/page/1?size=1e6",
        "/page/1?size=10000001",
        "/page/1?delay=11",
        "/page/1?delay=%0Ax",
        "/photo/x",
        "/photo/1000001",
        "/photo/1?delay=11",
        "/flaky/x",
        "/flaky/201",
        "/flaky/1?status=200",
        "/flaky/1?after=1.5",
        "/flaky/1?delay=11",
    ],
)
def test_an_impossible_page_is_refused_in_one_line(
    site: str, path: str
) -> None:
    response = get(site + path)
    assert 400 <= response.status_code < 500
    assert len(response.text.splitlines()) == 1
    assert len(response.text) < 80
    assert get(f"{site}/uuid").status_code == 200


def test_a_flaky_page_fails_and_recovers_again_and_again(site: str) -> None:
    url = f"{site}/flaky/2?delay=0&after=3"
    for _ in range(2):
        responses = [get(url) for _ in range(3)]
        assert [r.status_code for r in responses] == [503, 503, 200]
        waits = [r.headers.get("retry-after") for r in responses]
        assert waits == ["3", "3", None]
    assert "<h1>" in responses[-1].text


@pytest.mark.parametrize("query", ["page=1", "page=2&status=429"])
def test_each_flaky_address_has_its_own_count(site: str, query: str) -> None:
    url = f"{site}/flaky/1?delay=0&{query}"
    failure = get(url)
    assert failure.status_code == (429 if "429" in query else 503)
    assert failure.headers["retry-after"] == "1"
    assert get(url).status_code == 200


def test_a_cut_page_ends_in_its_middle(site: str) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(f"{site}/cut")
    answer = send_bytes(site, b"GET /cut HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split()[0])
    assert len(body) == length // 2
    assert get(f"{site}/uuid").status_code == 200


def test_a_dropped_connection_has_no_answer(site: str) -> None:
    request = b"GET /drop HTTP/1.1\r\nHost: x\r\n\r\n"
    assert send_bytes(site, request) == b""
    with pytest.raises(requests.ConnectionError):
        get(f"{site}/drop")
    assert get(f"{site}/uuid").status_code == 200


def test_a_silent_page_does_not_answer(site: str) -> None:
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{site}/silent", timeout=0.3)
    assert get(f"{site}/uuid").status_code == 200


NAMES = "get headers json html uuid delay status bytes links redirect image"
PARTS = st.sampled_from([*NAMES.split(), "page", "png"]) | st.text(max_size=9)
NUMBERS = st.integers() | st.floats()


def makes_the_test_wait(parts: list[str]) -> bool:
    try:
        return parts[0] == "delay" and 0.1 < float(parts[1]) <= 10
    except (IndexError, ValueError):
        return False


@settings(deadline=None, max_examples=150, derandomize=True, database=None)
@given(
    parts=st.lists(PARTS | NUMBERS.map(str), max_size=4),
    query=st.dictionaries(
        st.sampled_from(["size", "n"]), NUMBERS.map(str) | st.text(max_size=9)
    ),
)
@pytest.mark.slow
def test_no_path_is_an_error_of_the_server(
    site: str, parts: list[str], query: dict[str, str]
) -> None:
    assume(not makes_the_test_wait(parts))
    path = "/".join(quote(part, safe="") for part in parts)
    response = get(f"{site}/{path}", params=query, allow_redirects=False)
    assert response.status_code < 500 or path.startswith("status/")
    if response.status_code in (400, 404):
        assert len(response.text.splitlines()) <= 1
