"""Pictures over HTTP: in once, out for good."""

from __future__ import annotations

import asyncio
import io

import httpx2
import pytest
from PIL import Image

from stoppress.web.dependencies import Dependencies
from web.checks import errors, token

pytestmark = pytest.mark.anyio

Client = httpx2.AsyncClient


def a_picture(colour: str = "teal", size: tuple[int, int] = (700, 350)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


async def test_a_picture_is_taken_in_and_what_is_answered_fits_a_post(
    admin: Client, anybody: Client, blog: str
) -> None:
    made = await admin.post("/v1/media", content=a_picture(), headers={"Content-Type": "image/png"})
    assert made.status_code == 201
    told = made.json()
    assert (told["width"], told["height"], made.headers["location"]) == (700, 350, told["url"])
    addresses = [part.split(" ") for part in told["srcset"].split(", ")]
    assert [width for _, width in addresses] == ["320w", "640w", "700w"] and addresses[-1][0] == told["url"]
    for address, width in addresses:
        found = await anybody.get(address)
        assert (found.status_code, found.headers["content-type"]) == (200, "image/jpeg")
        assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert found.headers["x-content-type-options"] == "nosniff"
        with Image.open(io.BytesIO(found.content)) as image:
            assert f"{image.width}w" == width
        again = await anybody.get(address, headers={"If-None-Match": found.headers["etag"]})
        assert again.status_code == 304
    post = await admin.post(f"{blog}/posts", json={"media": [{"type": "image", "alt": "Teal", **told}]})
    assert post.status_code == 201, post.text
    assert told["url"] in (await anybody.get("/blogs/petrel")).text


async def test_the_same_picture_is_the_same_address_and_a_key_is_for_one(admin: Client) -> None:
    key = {"Idempotency-Key": "once"}
    first, *others = await asyncio.gather(
        *(admin.post("/v1/media", content=a_picture(), headers=key) for _ in range(4))
    )
    assert {answer.text for answer in others} == {first.text}
    assert sum("idempotent-replayed" not in answer.headers for answer in (first, *others)) == 1
    assert (await admin.post("/v1/media", content=a_picture())).json() == first.json()
    other = await admin.post("/v1/media", content=a_picture("red"), headers=key)
    assert other.status_code == 422 and "Idempotency-Key" in other.json()["detail"]


async def test_what_is_none_is_refused(admin: Client, anybody: Client, context: Dependencies) -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>x()</script></svg>"
    assert (await admin.post("/v1/media", content=svg, headers={"Content-Type": "image/png"})).status_code == 415
    refused = await admin.post("/v1/media", content=svg, headers={"Content-Type": "image/svg+xml"})
    assert refused.status_code == 415 and "image/svg+xml" in errors(refused)["Content-Type"]
    assert (await admin.post("/v1/media", content=b"x" * 21_000_000)).status_code == 413
    assert (await admin.post("/v1/media", content=a_picture()[:500])).status_code == 422
    assert (await anybody.post("/v1/media", content=a_picture())).status_code == 401
    reader = await token(context, "read")
    assert (await anybody.post("/v1/media", content=a_picture(), headers=reader)).status_code == 403
    for name in ("nope", "0" * 32 + "-1-320.jpg", "..%2f..%2fetc%2fpasswd", "0" * 32 + "-1-320.svg"):
        assert (await anybody.get(f"/media/{name}")).status_code == 404


async def test_pictures_elsewhere_come_over_https_and_pages_load_no_others(
    admin: Client, anybody: Client, blog: str
) -> None:
    for content in (
        {"media": [{"type": "image", "alt": "A", "url": "http://far.example/a.jpg"}]},
        {"body": '<p>A <img alt="A" src="http://far.example/a.jpg"></p>'},
    ):
        refused = await admin.post(f"{blog}/posts", json=content)
        assert refused.status_code == 422 and "http://far.example" in next(iter(errors(refused).values()))
    taken = await admin.post(f"{blog}/posts", json={"body": '<p>A <img alt="A" src="https://far.example/a.jpg"></p>'})
    assert taken.status_code == 201 and "warnings" not in taken.json()
    policy = (await anybody.get("/blogs/petrel")).headers["content-security-policy"]
    assert "img-src 'self' data: https:;" in policy


async def test_a_picture_without_a_text_is_a_warning(admin: Client, blog: str) -> None:
    picture = {"type": "image", "url": "https://far.example/a.jpg"}
    made = await admin.post(f"{blog}/posts", json={"id": "p", "media": [picture]})
    assert made.status_code == 201
    assert [warning["pointer"] for warning in made.json()["warnings"]] == ["/media/0/alt"]
    mended = await admin.patch(f"{blog}/posts/p", json={"media": [{**picture, "decorative": True}]})
    assert mended.status_code == 200 and "warnings" not in mended.json()
