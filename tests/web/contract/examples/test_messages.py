"""Every message has an example that is valid by the schema of the messages."""

from __future__ import annotations

import jsonschema_rs

from stoppress.web.contract.asyncapi import asyncapi
from stoppress.web.contract.examples.messages import MESSAGES
from stoppress.wire import Form
from stoppress.wire.schema import form_schema, message_types


def test_each_type_has_a_valid_example() -> None:
    validator = jsonschema_rs.validator_for(form_schema(Form.JSON), validate_formats=True)
    assert list(MESSAGES) == [name for name, _ in message_types(Form.JSON)]
    for name, message in MESSAGES.items():
        validator.validate(message)
        assert message["type"] == name


def test_the_document_has_them() -> None:
    messages = asyncapi()["components"]["messages"]
    assert {name: message["examples"][0]["payload"] for name, message in messages.items()} == MESSAGES
