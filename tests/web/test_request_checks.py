"""How a request's token and query are checked: what comes first, and what a refusal costs."""

from __future__ import annotations

import pytest

from stoppress.web.dependencies import Dependencies
from waiting import eventually
from web.checks import Client, errors, token

pytestmark = pytest.mark.anyio

UNKNOWN = "?utm_source=x"


async def test_the_token_is_checked_before_the_query(anybody: Client, context: Dependencies, blog: str) -> None:
    bad = {"Authorization": "Bearer nonsense"}
    for headers in ({}, bad):
        for method, path in (("POST", f"{blog}/posts"), ("GET", "/v1/audit"), ("DELETE", blog)):
            assert (await anybody.request(method, path + UNKNOWN, headers=headers)).status_code == 401
    # A token that does not reach so far is told of the query: that says nothing of what is stored.
    reader = await token(context, "read")
    assert (await anybody.post(f"{blog}/posts{UNKNOWN}", json={"title": "x"}, headers=reader)).status_code == 400
    assert (await anybody.post(f"{blog}/posts", json={"title": "x"}, headers=reader)).status_code == 403


async def test_the_query_is_checked_before_what_is_stored(anybody: Client, admin: Client, blog: str) -> None:
    await admin.post(f"{blog}/posts", json={"id": "secret", "status": "draft"})
    answers = [
        await anybody.get(f"{blog}/posts/{post}{query}") for post in ("secret", "none") for query in ("", UNKNOWN)
    ]
    assert [answer.status_code for answer in answers] == [404, 400, 404, 400]
    assert errors(answers[1]) == errors(answers[3])
    assert (await anybody.get(f"/v1/blogs/nope/changes{UNKNOWN}")).status_code == 400
    # An id that can be none is no route's.
    assert (await anybody.get(f"/v1/blogs/a%20b{UNKNOWN}")).status_code == 404


async def test_head_is_checked_as_get(anybody: Client, blog: str) -> None:
    for query, status in (("", 200), ("?limit=5", 200), ("?limit=x", 400), (UNKNOWN, 400)):
        answer = await anybody.head(f"{blog}/changes{query}")
        assert (answer.status_code, answer.content) == (status, b"")


async def test_the_query_is_checked_before_the_body(admin: Client, blog: str) -> None:
    answer = await admin.post(f"{blog}/posts{UNKNOWN}", content=b"no JSON")
    assert answer.status_code == 400 and set(errors(answer)) == {"utm_source"}


async def test_a_write_refused_for_its_query_is_in_the_audit_log_and_costs_one_request(
    anybody: Client, admin: Client, context: Dependencies, blog: str
) -> None:
    writer = await token(context, "write")
    before = await anybody.post(f"{blog}/posts{UNKNOWN}", json={"title": "x"}, headers=writer)
    after = await anybody.post(f"{blog}/posts{UNKNOWN}", json={"title": "x"}, headers=writer)

    def left(answer: object) -> int:
        headers = getattr(answer, "headers", {})
        return int(headers["ratelimit"].split(";")[1].removeprefix("r="))

    assert left(before) - left(after) == 1
    statuses: list[int] = []

    async def both_written() -> bool:
        entries = (await admin.get("/v1/audit")).json()["entries"]
        statuses[:] = [entry["status"] for entry in entries if entry["name"] == "a tool"]
        return len(statuses) >= 2

    await eventually(both_written, "both refusals are in the audit log, which is written in the background")
    assert statuses == [400, 400]


async def test_parameters_of_two_rules_are_named(anybody: Client, admin: Client, blog: str) -> None:
    for i in range(3):
        await admin.post(f"{blog}/posts", json={"id": f"p{i}", "title": "x"})
    page = (await anybody.get(f"{blog}/posts?limit=1")).json()["next"]
    assert (await anybody.get(f"{blog}/posts?limit=1&page={page}")).status_code == 200
    other = await anybody.get(f"{blog}/posts?order=oldest&page={page}")
    assert other.status_code == 400 and "order=oldest" in errors(other)["page"]
    several = await anybody.get(f"{blog}/posts?limit=x&order=up")
    assert set(errors(several)) == {"limit", "order"}
