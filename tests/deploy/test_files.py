"""The files of deploy/ fit together, and speak of settings and files that there are. No container is run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from stoppress.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
# What Caddy's files ask for, not Stop Press.
OF_CADDY = {"STOPPRESS_SITE", "STOPPRESS_API", "STOPPRESS_UPSTREAM"}
COMPOSE = {"compose.yaml": ["compose.yaml"], "compose.roles.yaml": ["compose.yaml", "compose.roles.yaml"]}


def merged(files: list[str]) -> dict[str, Any]:
    """What Compose makes of these files, one over the other, as far as they use it: maps are merged, lists joined."""

    def over(one: Any, other: Any) -> Any:
        if isinstance(one, dict) and isinstance(other, dict):
            return {
                key: over(one[key], other[key]) if key in one and key in other else {**one, **other}[key]
                for key in {**one, **other}
            }
        return one + other if isinstance(one, list) and isinstance(other, list) else other

    documents = [yaml.safe_load((DEPLOY / file).read_text()) for file in files]
    whole: dict[str, Any] = {}
    for document in documents:
        for service in document["services"].values():
            if extended := service.pop("extends", None):
                base = yaml.safe_load((DEPLOY / extended["file"]).read_text())["services"][extended["service"]]
                base.pop("depends_on", None)  # Compose leaves it out of what is extended
                service.update(over(base, service))
        whole = over(whole, document)
    return whole


@pytest.mark.parametrize("name", COMPOSE)
def test_what_a_composition_names_is_there(name: str) -> None:
    whole = merged(COMPOSE[name])
    services = whole["services"]
    assert {"valkey", "stoppress", "caddy"} <= services.keys()
    for kind, service in services.items():
        assert service["restart"] == "unless-stopped", kind
        assert set(service.get("networks", ())) <= whole["networks"].keys(), kind
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert (DEPLOY / source).is_file() if source.startswith(".") else source in whole["volumes"], volume
        for needed, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}
            image = services[needed]
            assert "healthcheck" in image or "build" in image, f"{kind} waits for {needed}, which has no health check"
        if "build" in service:
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()


@pytest.mark.parametrize("name", COMPOSE)
def test_a_compositions_settings_are_ones_that_the_server_takes(name: str) -> None:
    for kind, service in merged(COMPOSE[name])["services"].items():
        names = {key for key in service.get("environment", {}) if key.startswith("STOPPRESS_")}
        if "build" not in service:
            assert names <= OF_CADDY, kind
            continue
        given = {key.removeprefix("STOPPRESS_").lower(): service["environment"][key] for key in names}
        assert given.keys() <= Settings.model_fields.keys(), kind
        given |= {"admin_token": "long-enough-for-an-admin-of-a-site", "public_url": "https://localhost"}
        assert Settings(**given).redis_url, kind
        assert service["ulimits"]["nofile"] > Settings().readers_max + 500, kind


@pytest.mark.parametrize("name", COMPOSE)
def test_each_service_has_only_the_rights_that_it_needs(name: str) -> None:
    for kind, service in merged(COMPOSE[name])["services"].items():
        assert service["read_only"] is True, kind
        assert "ALL" in service["cap_drop"], kind
        assert "no-new-privileges:true" in service["security_opt"], kind


@pytest.mark.parametrize("name", COMPOSE)
def test_images_have_a_full_version_and_pictures_a_volume(name: str) -> None:
    services = merged(COMPOSE[name])["services"]
    for kind, service in services.items():
        assert "build" in service or re.search(r":\d+\.\d+\.\d+(-|$)", service["image"]), kind
        assert "build" not in service or "pictures:/data" in service["volumes"], kind


def test_roles_share_what_they_have_to() -> None:
    services = merged(COMPOSE["compose.roles.yaml"])["services"]
    api, hub = services["stoppress"], services["hub"]
    assert (api["environment"]["STOPPRESS_ROLE"], hub["environment"]["STOPPRESS_ROLE"]) == ("api", "hub")
    assert api["environment"]["STOPPRESS_REDIS_URL"] == hub["environment"]["STOPPRESS_REDIS_URL"]
    assert "pictures:/data" in api["volumes"] and "pictures:/data" in hub["volumes"]
    assert services["caddy"]["environment"]["STOPPRESS_API"] == "stoppress:8000"
    assert services["caddy"]["environment"]["STOPPRESS_UPSTREAM"] == "hub:8000"


@pytest.mark.parametrize("file", ["Caddyfile", "roles.Caddyfile"])
def test_caddys_files_ask_for_what_they_explain(file: str) -> None:
    text = (DEPLOY / file).read_text()
    asked = set(re.findall(r"\{\$(STOPPRESS_[A-Z]+)", text))
    assert asked <= OF_CADDY
    assert asked == set(re.findall(r"^#   (STOPPRESS_[A-Z]+) ", text, re.MULTILINE))


def test_the_image_is_made_of_what_there_is() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source
    named = {name.lower() for name in re.findall(r"STOPPRESS_([A-Z_]+)=", text)}
    assert named and named <= Settings.model_fields.keys()
    # The build uses no index for what builds it: that has to be among what was locked.
    assert "--no-build-isolation" in text
    assert "\nhatchling==" in "\n" + (ROOT / "requirements" / "run.txt").read_text()


def test_the_unit_starts_what_there_is_with_settings_that_there_are() -> None:
    text = (DEPLOY / "stoppress.service").read_text()
    assert "ExecStart=/opt/stoppress/bin/stoppress serve\n" in text
    named = {name.lower() for name in re.findall(r"^Environment=STOPPRESS_([A-Z_]+)=", text, re.MULTILINE)}
    assert named == {"data"}
    limit = re.search(r"^LimitNOFILE=(\d+)$", text, re.MULTILINE)
    assert limit and int(limit[1]) > Settings().readers_max + 500
