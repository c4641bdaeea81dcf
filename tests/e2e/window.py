"""A browser window whose tabs really go to the background and freeze.

Playwright keeps every page it knows in the foreground. The tabs here are asked for over the DevTools protocol, past
Playwright, in a browser context of their own: one is visible, the others are hidden, as in anybody's window.
"""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Browser

from waiting import PATIENCE


class Window:
    """A window without tabs at first."""

    def __init__(self, browser: Browser) -> None:
        self._devtools = browser.new_browser_cdp_session()
        self._answers: dict[int, dict[str, Any]] = {}
        self._asked = 0
        # Lets Playwright's loop run while an answer is awaited.
        self._clock = browser.new_page()
        self._devtools.on("Target.receivedMessageFromTarget", self._receive)
        self._context = self.send("Target.createBrowserContext")["browserContextId"]

    def _receive(self, event: dict[str, Any]) -> None:
        message = json.loads(event["message"])
        if "id" in message:
            self._answers[message["id"]] = message

    def send(self, method: str, **given: Any) -> dict[str, Any]:
        """A command to the browser; its result."""
        result: dict[str, Any] = self._devtools.send(method, given)
        return result

    def ask(self, session: str, method: str, **given: Any) -> dict[str, Any]:
        """A command to a tab; its result."""
        self._asked += 1
        number = self._asked
        command = json.dumps({"id": number, "method": method, "params": given})
        self.send("Target.sendMessageToTarget", sessionId=session, message=command)
        for _ in range(int(PATIENCE * 100)):
            if number in self._answers:
                result: dict[str, Any] = self._answers.pop(number)["result"]
                return result
            self.pause()
        raise AssertionError(f"waited {PATIENCE:g} s in vain for an answer to {method}")

    def pause(self) -> None:
        """A moment between two looks."""
        self._clock.wait_for_timeout(10)

    def open(self, url: str) -> Tab:
        """A new tab, in the foreground."""
        target = self.send("Target.createTarget", url=url, browserContextId=self._context)["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=False)["sessionId"]
        return Tab(self, target, session)

    def close(self) -> None:
        """All tabs at once."""
        self.send("Target.disposeBrowserContext", browserContextId=self._context)
        self._clock.close()


class Tab:
    """One tab of it."""

    def __init__(self, window: Window, target: str, session: str) -> None:
        self._window = window
        self._target = target
        self._session = session

    def evaluate(self, expression: str) -> Any:
        """What the expression, or the promise that it gives, comes to."""
        found = self._window.ask(
            self._session, "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait_until(self, condition: str) -> None:
        """Until the expression is true."""
        for _ in range(int(PATIENCE * 20)):
            if self.evaluate(condition):
                return
            self._window.pause()
        raise AssertionError(f"waited in vain until {condition}")

    def show(self) -> None:
        """To the foreground; the one that was there is hidden."""
        self._window.send("Target.activateTarget", targetId=self._target)
        self.wait_until("document.visibilityState === 'visible'")

    def freeze(self) -> None:
        """As browsers do with tabs that were hidden for some minutes: no code of it runs."""
        self.wait_until("document.visibilityState === 'hidden'")
        self._window.ask(self._session, "Page.setWebLifecycleState", state="frozen")

    def thaw(self) -> None:
        """Its code runs again."""
        self._window.ask(self._session, "Page.setWebLifecycleState", state="active")
