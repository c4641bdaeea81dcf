"""JSON Schemas of the messages, made from their types (messages.py) and the models.

The schemas describe what this version sends, and do not forbid other fields: a later version may add some, and clients
ignore fields that they do not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import get_type_hints

from stoppress.wire.messages import MESSAGES, Form

Schema = dict[str, Any]


class SentSchema(GenerateJsonSchema):
    """Generates schemas of what is sent.

    Every field is required, because models dump all of them. Other fields are allowed.
    """

    def field_is_required(self, field: Any, total: bool) -> bool:
        return field["type"] == "model-field" or super().field_is_required(field, total)

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: Any) -> Schema:
        return self.generate_inner(schema["schema"])

    def tagged_union_schema(self, schema: Any) -> Schema:
        found = super().tagged_union_schema(schema)
        found.pop("discriminator", None)  # a keyword of OpenAPI, not of JSON Schema; AsyncAPI has another of that name
        return found

    def model_schema(self, schema: Any) -> Schema:
        found = super().model_schema(schema)
        found.pop("additionalProperties", None)
        return found


def message_types(form: Form) -> Iterator[tuple[str, str]]:
    """The messages of a form in the order of the docs: the value of `type`, and the name of the schema.

    A type with two schemas, such as `post`, comes twice.
    """
    for message in MESSAGES[form]:
        (kind,) = get_args(get_type_hints(message)["type"])
        yield kind, message.__name__


def message_schemas(ref_template: str = "#/$defs/{model}") -> dict[str, Schema]:
    """All schemas by name: those of the messages in both forms, and those of blogs, posts and other models in them."""
    types = dict.fromkeys(message for messages in MESSAGES.values() for message in messages)
    _, found = TypeAdapter.json_schemas(
        [(message, "serialization", TypeAdapter(message)) for message in types],
        ref_template=ref_template,
        schema_generator=SentSchema,
    )
    schemas: dict[str, Schema] = found["$defs"]
    for schema in schemas.values():
        schema["description"] = " ".join(schema["description"].split())  # a docstring: join its wrapped lines
    return schemas


def form_schema(form: Form) -> Schema:
    """The schema that every message of a form matches."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for _, name in message_types(form)],
        "$defs": message_schemas(),
    }
