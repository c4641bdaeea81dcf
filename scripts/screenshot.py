"""Takes the picture in README.md: the page in the middle of the demo, in Chromium, as a PNG of at most 256 colours.

.venv/bin/python scripts/screenshot.py docs/images/page.png
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from stoppress.api_client import ApiClient
from stoppress.demo.player import BLOG, play

CHROMIUM = "/usr/bin/chromium"
SIZE = {"width": 1280, "height": 860}
STEPS = 12  # how far the story has got in the picture
TOKEN = "screenshot-screenshot-screenshot"


class _FarEnough(Exception):
    """Ends the story."""


@contextmanager
def served(folder: str) -> Iterator[str]:
    """A server without the demo, on a free port; its address."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STOPPRESS_")}
    environment |= {"STOPPRESS_DATA": folder, "STOPPRESS_PORT": "0", "STOPPRESS_ADMIN_TOKEN": TOKEN}
    command = [sys.executable, "-m", "stoppress", "serve"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            for line in server.stdout:
                if found := re.search(r"(http://\S+)/docs", line):
                    yield found[1]
                    break
            else:
                raise SystemExit("The server ended before it said where it is")
        finally:
            server.terminate()


async def tell(url: str) -> None:
    """Play the first steps of the demo's story without a pause."""
    left = STEPS + 1

    async def sleep(_: float) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise _FarEnough

    async with ApiClient(url, TOKEN) as api:
        try:
            await play(api, sleep=sleep)
        except _FarEnough:
            pass


def picture(address: str) -> bytes:
    """The top of the page at the address, as a PNG."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": SIZE["width"], "height": SIZE["height"]}, color_scheme="light")
        page.goto(address)
        page.wait_for_load_state("networkidle")
        taken = page.screenshot()
        browser.close()
    small = io.BytesIO()
    Image.open(io.BytesIO(taken)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
        small, "PNG", optimize=True
    )
    return small.getvalue()


def main(file: Path) -> None:
    """Write the picture to a file, and say how large it is."""
    with tempfile.TemporaryDirectory(prefix="sp-") as folder, served(folder) as url:
        asyncio.run(tell(url))
        content = picture(f"{url}/blogs/{BLOG}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    sys.stdout.write(f"{file}: {len(content)} bytes\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Expected the file to write, such as docs/images/page.png")
    main(Path(sys.argv[1]))
