"""The API described once: its operations, and the OpenAPI, AsyncAPI and HTML documents made from them."""
