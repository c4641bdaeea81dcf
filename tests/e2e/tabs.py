"""Several tabs of one blog, and how many sockets the server has for them."""

from __future__ import annotations

import httpx2
from playwright.sync_api import BrowserContext, Page

from .live_page import wait_until_live
from .server import Server


def sockets(server: Server) -> float:
    """How many sockets the server has."""
    lines = httpx2.get(f"{server.url}/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith('stoppress_readers{transport="socket"}')).split()[1])


def open_tabs(context: BrowserContext, address: str, number: int = 3) -> list[Page]:
    """So many tabs, live; the first holds the connection."""
    tabs = []
    for _ in range(number):
        tab = context.new_page()
        tab.goto(address)
        wait_until_live(tab)
        tabs.append(tab)
    return tabs
