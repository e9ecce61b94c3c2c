"""The page in a real browser, while real lessons run."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.commands import start_lab
from support.processes import TIMEOUT, wait_until

webdriver = pytest.importorskip("selenium.webdriver")
service = pytest.importorskip("selenium.webdriver.chrome.service")

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (CHROMIUM.exists() and DRIVER.exists()),
        reason="Debian's chromium and chromium-driver needed",
    ),
]
LESSON = ["02", 'PAGES=["/delay/5"] * 4', "--quiet"]
SIZES = [(1280, 720, "light"), (390, 844, "light"), (1280, 720, "dark")]


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    """Start a browser without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        f"--user-data-dir={tmp_path / 'profile'}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(
        options=options, service=service.Service(str(DRIVER))
    )
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture
def read(browser: Any) -> Callable[[str], str]:
    """Return a function that reads the text of an element of the page."""

    def read_text(name: str) -> str:
        script = f"return document.getElementById('{name}').textContent"
        return str(browser.execute_script(script))

    return read_text


def set_size(browser: Any, width: int, height: int, scheme: str) -> None:
    """Give the page a size, in light or dark colours."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {
            "width": width,
            "height": height,
            "deviceScaleFactor": 1,
            "mobile": width < 500,
        },
    )
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [feature]}
    )


def test_the_page_shows_a_run(
    browser: Any, read: Callable[[str], str], live_folder: Path, tmp_path: Path
) -> None:
    with start_lab("live", "--web", stdout=subprocess.PIPE) as web:
        assert web.stdout
        browser.get(web.stdout.readline().strip())
        assert read("title") == "Waiting for a lesson to start"
        with start_lab(*LESSON, stderr=subprocess.DEVNULL) as lesson:
            wait_until(lambda: read("state") == "running")
            assert "cores busy" in read("gauges")
            browser.refresh()  # in the middle of the run
            wait_until(lambda: read("finding").endswith(" is running"))
            assert lesson.wait(timeout=TIMEOUT) == 0
        wait_until(lambda: read("state").startswith("ended after "))
        assert "4 pages" in read("finding")
        assert "4 x /delay/5" in read("picture")
        _check_sizes(browser, tmp_path)
        _check_keys(browser)
        os.killpg(web.pid, signal.SIGINT)
        assert web.wait(timeout=TIMEOUT) == 130
        wait_until(lambda: "has ended" in read("state"))
    log = browser.get_log("browser")
    assert [x for x in log if "ERR_" not in x["message"]] == []


def _check_sizes(browser: Any, folder: Path) -> None:
    """Check that nothing is outside of the page, and take screenshots."""
    folder = Path(os.environ.get("LAB_SCREENSHOTS", folder))
    for width, height, scheme in SIZES:
        set_size(browser, width, height, scheme)
        browser.save_screenshot(str(folder / f"{width}-{scheme}.png"))
        needed, shown, lines = browser.execute_script(
            "const page = document.documentElement;"
            "return [page.scrollWidth, innerWidth, page.scrollHeight]"
        )
        assert needed <= shown
        if width == 1280:
            assert lines <= height  # all of it is in the picture of a video


def _check_keys(browser: Any) -> None:
    """Check that the picture and the link can be reached by the Tab key."""
    reached = []
    for _ in range(2):
        keys = webdriver.ActionChains(browser)
        keys.send_keys("\ue004").perform()
        script = "return document.activeElement.id"
        reached.append(browser.execute_script(script))
    assert reached == ["picture", "save"]
    label = "return document.getElementById('picture').ariaLabel"
    assert "4 pages" in browser.execute_script(label)


def test_a_run_that_ends_while_the_page_loads(
    browser: Any, read: Callable[[str], str], live_folder: Path
) -> None:
    with start_lab("live", "--web", stdout=subprocess.PIPE) as web:
        assert web.stdout
        url = web.stdout.readline().strip()
        quick = ["06", "UPDATES=10", "--quiet"]
        with start_lab(*quick, stdout=subprocess.DEVNULL) as lesson:
            browser.get(url)
            assert lesson.wait(timeout=TIMEOUT) == 0
        wait_until(lambda: read("state").startswith("ended after "))
        assert "lost: " in read("picture")
        os.killpg(web.pid, signal.SIGINT)
        assert web.wait(timeout=TIMEOUT) == 130
