"""Writes what is made from the schema of the messages (server/stoppress/wire/messages.py): the tables in
docs/protocol.md and the client's types in client/messages.d.ts.

    .venv/bin/python scripts/messages.py            writes both files
    .venv/bin/python scripts/messages.py --check    writes nothing; says which file is stale, and exits with 1
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import fill
from typing import Any

from stoppress.wire import Form
from stoppress.wire.schema import Schema, message_schemas, message_types

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "protocol.md"
TYPES = ROOT / "client" / "messages.d.ts"
BEGIN = "<!-- Made by scripts/messages.py from server/stoppress/wire/messages.py. -->\n"
END = "<!-- End of what scripts/messages.py makes. -->\n"
LINE_MAX = 120
_FORMS = {Form.JSON: "json", Form.HTML: "html"}


def main() -> int:
    """0, or 1 when a file is stale and `--check` was given."""
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    wanted = {DOCUMENT: f"{before}{BEGIN}{tables()}{END}{after}", TYPES: types()}
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale: run `make messages`\n")
        return 1 if stale else 0
    for path in stale:
        path.write_text(wanted[path], encoding="utf-8")
        sys.stderr.write(f"wrote {path.relative_to(ROOT)}\n")
    return 0


# docs/protocol.md


def tables() -> str:
    """A section for each message: what the client does, and its fields."""
    schemas = message_schemas()
    parts = []
    for both in zip(*map(message_types, Form), strict=True):
        kind, name = both[0]
        rows: dict[tuple[str, str, str], list[Form]] = {}
        for form, (_, schema) in zip(Form, both, strict=True):
            for row in _rows(schemas, schemas[schema]):
                rows.setdefault(row, []).append(form)
        lines = [
            f"| {field} | {type_} | {_form(rows[field, type_, meaning])} | {meaning} |"
            for field, type_, meaning in _in_order(rows)
        ]
        about = fill(schemas[name]["description"], LINE_MAX, break_on_hyphens=False)
        parts.append(
            f"### `{kind}`{_marks(schemas[name])}\n\n{about}\n\n"
            "| field | type | form | |\n| --- | --- | --- | --- |\n" + "\n".join(lines) + "\n"
        )
    return "\n" + "\n".join(parts) + "\n"


def _marks(schema: Schema) -> str:
    """The fields by which one message of a type differs from another one: those that are always true."""
    return "".join(f" with `{field}`" for field, one in schema["properties"].items() if one.get("const") is True)


def _in_order(rows: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    return sorted(rows, key=lambda row: "optional" in row[1])


def _form(forms: list[Form]) -> str:
    return _FORMS[forms[0]] if len(forms) == 1 else "both"


def _rows(schemas: dict[str, Schema], schema: Schema, within: str = "") -> Iterator[tuple[str, str, str]]:
    for field, one in schema["properties"].items():
        if field == "type":
            continue
        optional = "" if field in schema["required"] else ", optional"
        yield f"`{field}`{within}", _words(one) + optional, one["description"]
        if "Counts" in (referred := _referred(one)):
            yield from _rows(schemas, schemas[referred], f" in `{field}`")


def _words(schema: Schema) -> str:
    if referred := _referred(schema):
        return "object" if "Counts" in referred else f"`{referred}`"
    if "anyOf" in schema:
        return " or ".join(map(_words, schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    return "RFC 3339 time" if schema.get("format") == "date-time" else str(schema["type"])


def _referred(schema: Schema) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


# client/messages.d.ts


def types() -> str:
    """An interface for each schema, and the union of the messages of each form."""
    schemas = message_schemas()
    parts = [
        "/** The messages of the protocol. Made by scripts/messages.py from server/stoppress/wire/messages.py. */\n",
        *(_interface(name, schema) for name, schema in schemas.items()),
    ]
    unions = {"DataMessage": Form.JSON, "MarkupMessage": Form.HTML}
    for union, form in unions.items():
        names = [name for _, name in message_types(form)]
        parts.append(f"/** What comes by `{form}`. */\n" + _wrapped(f"export type {union} =", names, ";"))
    parts.append(
        "/**\n"
        " * A message of a type that a later version added. Its `type` can be any other string. TypeScript tells the\n"
        " * members of a union apart by literals only, so a literal that is never sent stands for all of them.\n"
        " */\n"
        "export interface UnknownMessage {\n"
        '  type: "(unknown)";\n'
        "  /** The client's position once it has applied the message. */\n"
        "  cursor: string;\n"
        "}\n"
    )
    parts.append(
        "/** What the server says. Unknown types and fields may come at any time. */\n"
        + _wrapped("export type Message =", [*unions, "UnknownMessage"], ";")
    )
    return "\n".join(parts)


def _interface(name: str, schema: Schema) -> str:
    lines = [_comment(schema["description"], ""), f"export interface {name} {{\n"]
    for field, one in schema["properties"].items():
        optional = "" if field in schema["required"] else "?"
        if about := one.get("description"):
            lines.append(_comment(about, "  "))
        lines.append("  " + _wrapped(f"{field}{optional}:", _union(one), ";").replace("\n  |", "\n    |"))
    return "".join(lines) + "}\n"


def _comment(text: str, indent: str) -> str:
    if len(one := f"{indent}/** {text} */\n") <= LINE_MAX + 1:
        return one
    lines, line = [], f"{indent} *"
    for word in text.split(" "):
        if len(line) + 1 + len(word) > LINE_MAX:
            lines.append(line)
            line = f"{indent} *"
        line += f" {word}"
    return "\n".join([f"{indent}/**", *lines, line, f"{indent} */"]) + "\n"


def _wrapped(head: str, union: list[str], end: str) -> str:
    if len(line := f"{head} {' | '.join(union)}{end}") <= LINE_MAX - 2:
        return line + "\n"
    return head + "".join(f"\n  | {member}" for member in union) + f"{end}\n"


def _union(schema: Schema) -> list[str]:
    if referred := _referred(schema):
        return [referred]
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return [member for one in schema[key] for member in _union(one)]
    if "const" in schema or "enum" in schema:
        return [json.dumps(value) for value in schema.get("enum", [schema.get("const")])]
    return [_plain(schema)]


def _plain(schema: Schema) -> str:
    kind: Any = schema["type"]
    if kind == "array":
        item = " | ".join(_union(schema["items"]))
        return f"({item})[]" if " | " in item else f"{item}[]"
    return {"integer": "number", "null": "null", "string": "string", "number": "number", "boolean": "boolean"}[kind]


if __name__ == "__main__":
    sys.exit(main())
