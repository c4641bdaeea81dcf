"""Who did it: the audit log, and how much a token may."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from stoppress.token_secrets import new_token
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.token_rate_limit import TokenLimits
from waiting import eventually
from web.checks import token

pytestmark = pytest.mark.anyio

Client = httpx2.AsyncClient


async def acts(admin: Client, count: int, query: str = "") -> list[dict[str, Any]]:
    """The log, once it has so many entries: they are written behind the answers."""
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        found[:] = (await admin.get(f"/v1/audit{query}")).json()["entries"]
        return len(found) >= count

    await eventually(there, f"the log has {count} entries")
    return found


async def test_every_write_is_noted_with_who_what_and_from_where(
    admin: Client, anybody: Client, blog: str, context: Dependencies
) -> None:
    record, text = new_token("cms", ["publish"], [], None, context.clock())
    await context.tokens.add(record)
    headers = {"Authorization": f"Bearer {text}", "User-Agent": "cms/3"}
    await anybody.post(f"{blog}/posts", json={"id": "a", "title": "A"}, headers=headers)
    await anybody.post(f"{blog}/posts", json={"titel": "A"}, headers=headers)
    await anybody.delete(blog, headers=headers)
    await anybody.get(f"{blog}/posts/a", headers=headers)
    await anybody.post(f"{blog}/posts", json={"id": "b"})  # nobody: not noted
    found = await acts(admin, 4)
    assert [(act["name"], act["operation"], act["target"], act["blog"], act["status"]) for act in found] == [
        ("cms", "deleteBlog", blog, "petrel", 403),
        ("cms", "createPost", f"{blog}/posts", "petrel", 422),
        ("cms", "createPost", f"{blog}/posts/a", "petrel", 201),
        ("admin", "createBlog", blog, "petrel", 201),
    ]
    assert (found[0]["token"], found[0]["address"], found[0]["agent"]) == (record.id, "127.0.0.0", "cms/3")
    assert found[0]["at"] == "2031-05-04T12:00:00Z"
    assert text not in str(found)


async def test_only_an_admin_reads_it_and_of_its_own_blogs_alone(
    admin: Client, anybody: Client, blog: str, context: Dependencies
) -> None:
    await admin.post("/v1/blogs", json={"id": "other", "title": "O"})
    await acts(admin, 2)
    assert (await anybody.get("/v1/audit")).status_code == 401
    assert (await anybody.get("/v1/audit", headers=await token(context, "publish"))).status_code == 403
    local = await token(context, "admin", blogs=("petrel",))
    assert {act["blog"] for act in (await anybody.get("/v1/audit", headers=local)).json()["entries"]} == {"petrel"}
    assert (await anybody.get("/v1/audit?blog=other", headers=local)).status_code == 403
    assert {act["blog"] for act in (await admin.get("/v1/audit?blog=other")).json()["entries"]} == {"other"}


async def test_the_log_pages_back_to_its_beginning(admin: Client, blog: str) -> None:
    for i in range(7):
        await admin.post(f"{blog}/posts", json={"id": f"p{i}", "title": "x"})
    whole = await acts(admin, 8)
    seen, page = [], ""
    while page is not None:
        answer = (await admin.get(f"/v1/audit?limit=3{page and f'&page={page}'}")).json()
        seen += answer["entries"]
        page = answer["next"]
    assert seen == whole
    for wrong in ("x", "AAAA", "LQ"):
        assert (await admin.get(f"/v1/audit?page={wrong}")).status_code == 400


async def test_a_token_has_so_many_requests_a_minute_over_all_processes(
    anybody: Client, admin: Client, blog: str, context: Dependencies, clock: Any
) -> None:
    elsewhere = TokenLimits(context.tokens, 600, clock)  # another process
    record, text = new_token("script", ["read"], [], None, context.clock())
    await context.tokens.add(record)
    headers = {"Authorization": f"Bearer {text}"}
    first = await anybody.get(f"{blog}/posts?status=draft", headers=headers)
    assert first.headers["ratelimit-policy"] == '"token";q=600;w=60'
    assert first.headers["ratelimit"] == '"token";r=599;t=61'
    spent = 1
    while (quota := await elsewhere.spend(record.id)) and quota.left >= 0:
        spent += 1
    answers = [await anybody.get(f"{blog}/posts?status=draft", headers=headers) for _ in range(31)]
    spent += sum(answer.status_code == 200 for answer in answers)
    assert spent == 600
    refused = answers[-1]
    assert refused.status_code == 429 and "'script'" in refused.json()["detail"]
    assert refused.headers["ratelimit"].startswith('"token";r=0;')
    assert int(refused.headers["retry-after"]) == refused.json()["retry_after"] <= 61
    assert (await anybody.get(blog)).status_code == 200  # readers are not concerned
    assert (await admin.get(f"{blog}/posts?status=draft")).status_code == 200
    clock.turn(minutes=1)
    assert (await anybody.get(f"{blog}/posts?status=draft", headers=headers)).status_code == 200


async def test_wrong_tokens_are_limited_and_told_when_to_try_again(
    anybody: Client, blog: str, context: Dependencies
) -> None:
    allowed = context.settings.wrong_tokens
    headers = {"Authorization": "Bearer sp_0123456789ab_wrong"}
    answers = [await anybody.get("/v1/audit", headers=headers) for _ in range(allowed + 1)]
    assert [answer.status_code for answer in answers] == [*[401] * allowed, 429]
    assert answers[-1].headers["retry-after"] == str(answers[-1].json()["retry_after"]) == "60"
    assert (await anybody.get(blog)).status_code == 200
