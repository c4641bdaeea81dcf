"""Two pages of the documentation site, made from the contract: the HTTP API's, and that of the messages to readers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from contract import documents

_Json = dict[str, Any]


def http_page() -> str:
    """Every operation of the OpenAPI document by its tag, and every schema."""
    api = documents()["openapi.json"]
    parts = ["# HTTP reference", "Made from `/openapi.json`, with the default settings.", api["info"]["description"]]
    parts += ["## Tokens", api["components"]["securitySchemes"]["token"]["description"]]
    for tag in api["tags"]:
        parts += [f"## {tag['name']}", tag["description"]]
        for path, methods in api["paths"].items():
            for method, operation in methods.items():
                if tag["name"] in operation["tags"]:
                    parts += _operation(f"{method.upper()} {path}", operation)
    return _page([*parts, "## Schemas", *_schemas(api)])


def messages_page() -> str:
    """Every channel and message of the AsyncAPI document, and every schema."""
    api = documents()["asyncapi.json"]
    parts = ["# Message reference", "Made from `/asyncapi.json`.", api["info"]["description"], "## Channels"]
    for channel in api["channels"].values():
        parts += [f"### {channel['title']}", f"`GET {channel['address']}`", channel["description"]]
    parts.append("## Messages")
    for name, message in api["components"]["messages"].items():
        payloads = message["payload"].get("oneOf", [message["payload"]])
        parts += [f"### {name}", message["summary"], f"Schema: {', '.join(_type(payload) for payload in payloads)}."]
        for example in message["examples"]:
            parts += _example("In the json form:", example["payload"])
    return _page([*parts, "## Schemas", *_schemas(api)])


def _operation(title: str, operation: _Json) -> Iterator[str]:
    yield f"### {title}"
    scope = f" Needs the scope `{operation['security'][0]['token'][0]}`." if operation["security"] else ""
    yield f"{operation['summary']}.{scope}"
    if "description" in operation:
        yield operation["description"]
    rows = [
        (f"`{parameter['name']}`", parameter["in"], kind_of(parameter["schema"]), parameter["description"])
        for parameter in operation.get("parameters", ())
    ]
    for media_type, content in operation.get("requestBody", {"content": {}})["content"].items():
        rows.append(("body", f"`{media_type}`", _type(content["schema"]), ""))
    if rows:
        yield _table(("parameter", "in", "type", "meaning"), rows)
    answers = (
        (f"{status} {response['description']}", ", ".join(_contents(response)))
        for status, response in _responses(operation)
    )
    yield _table(("response", "content"), answers)
    for media_type, content in operation.get("requestBody", {"content": {}})["content"].items():
        if "example" in content:
            yield from _example(f"Request, as `{media_type}`:", content["example"])
            break  # the same for each type
    for status, response in _responses(operation):
        if status.startswith("2"):
            for media_type, content in response.get("content", {}).items():
                if "example" in content:
                    yield from _example(f"Response {status}, as `{media_type}`:", content["example"])


def _example(words: str, example: Any) -> Iterator[str]:
    yield words
    if isinstance(example, str):
        yield f"```\n{example.rstrip()}\n```"
    else:
        yield f"```json\n{json.dumps(example, ensure_ascii=False, indent=2)}\n```"


def _responses(operation: _Json) -> Iterable[tuple[str, _Json]]:
    return sorted(operation["responses"].items())


def _contents(response: _Json) -> Iterator[str]:
    for media_type, content in response.get("content", {}).items():
        yield _type(content["schema"]) if "$ref" in content["schema"] else f"`{media_type}`"


def _schemas(api: _Json) -> Iterator[str]:
    for name, schema in sorted(api["components"]["schemas"].items()):
        yield f"### {name}"
        if "description" in schema:
            yield schema["description"]
        required = schema.get("required", ())
        yield _table(
            ("field", "type", "required", "meaning"),
            (
                (f"`{field}`", _type(part), "yes" if field in required else "", part.get("description", ""))
                for field, part in schema.get("properties", {}).items()
            ),
        )


def _type(schema: _Json) -> str:
    """The schema in a few words; the name of one that the page has is a link to it."""
    if "allOf" in schema:  # a reference with text beside it
        return _type(schema["allOf"][0])
    name = kind_of(schema)
    return f"[{name}](#{name.lower()})" if "$ref" in schema else name


def kind_of(schema: dict[str, Any]) -> str:
    """A schema in a few words: `string`, `Post`, `list of Link`, `published or draft`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return repr(schema["const"])
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " or ".join(dict.fromkeys(kind_of(part) for part in schema[union]))
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    if isinstance(kind, list):
        return " or ".join(kind)
    limits = [
        f"{words} {schema[name]}"
        for name, words in (
            ("minLength", "at least"),
            ("maxLength", "at most"),
            ("minimum", "from"),
            ("maximum", "to"),
            ("maxItems", "at most"),
        )
        if name in schema
    ]
    return f"{schema.get('format', kind)}{' (' + ', '.join(limits) + ')' if limits else ''}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(
        f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"
