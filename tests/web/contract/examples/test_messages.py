"""Every message has an example that is valid by the schema of the messages."""

from __future__ import annotations

import jsonschema_rs

from stoppress.web.contract.asyncapi import asyncapi
from stoppress.web.contract.examples.messages import LARGE_POST, MESSAGES
from stoppress.wire import Form
from stoppress.wire.schema import form_schema, message_types


def test_each_type_has_a_valid_example() -> None:
    validator = jsonschema_rs.validator_for(form_schema(Form.JSON), validate_formats=True)
    assert list(MESSAGES) == list(dict(message_types(Form.JSON)))
    for name, message in MESSAGES.items():
        validator.validate(message)
        assert message["type"] == name


def test_the_example_of_a_post_without_content_is_valid_and_only_as_that() -> None:
    schema = {**form_schema(Form.JSON), "$ref": "#/$defs/LargePostMessage"}
    schema.pop("oneOf", None)
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(LARGE_POST)


def test_the_document_has_them() -> None:
    messages = asyncapi()["components"]["messages"]
    assert {name: message["examples"][0]["payload"] for name, message in messages.items()} == MESSAGES
    assert messages["post"]["examples"][1]["payload"] == LARGE_POST
