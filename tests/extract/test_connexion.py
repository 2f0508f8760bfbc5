"""Routes that OpenAPI documents name the functions of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.extract import connexion

HEAD = """openapi: 3.0.1
servers: [{url: 'https://shop.example/v1/'}]
components:
  securitySchemes:
    token: {type: http, scheme: bearer, x-bearerInfoFunc: auth.who}
    bare: {type: http, scheme: basic}
"""


def operations(text: str, path: str = "openapi.yml") -> list[tuple[tuple[str, ...], str, str, bool]]:
    data = text.encode()
    found = connexion.endpoints(path, data) if connexion.reads(path, data) else ()
    return [(each.methods, each.path, each.handler, each.chain != ()) for each in found]


def test_operations_by_their_functions() -> None:
    text = (
        HEAD
        + "paths:\n  /a/{id}:\n    get: {operationId: api.views.one}\n    post: {operationId: api.views.make, security: [{token: []}]}\n"
    )
    assert operations(text) == [
        (("GET",), "/v1/a/{id}", "api.views#one", False),
        (("POST",), "/v1/a/{id}", "api.views#make", True),
    ]


def test_controllers() -> None:
    text = "swagger: '2.0'\nbasePath: /api\npaths:\n  /a:\n    x-swagger-router-controller: views\n    get: {operationId: one}\n    put: {operationId: two, x-openapi-router-controller: other.views}\n"
    assert operations(text) == [(("GET",), "/api/a", "views#one", False), (("PUT",), "/api/a", "other.views#two", False)]


@pytest.mark.parametrize(
    ("security", "asked"),
    [
        ("[{token: []}]", True),
        ("[{token: []}, {token: [], bare: []}]", True),
        ("[{bare: []}]", False),
        ("[{token: []}, {}]", False),
        ("[{token: []}, {bare: []}]", False),
        ("[]", False),
    ],
)
def test_what_the_document_demands(security: str, asked: bool) -> None:
    of_operation = f"{HEAD}paths: {{/a: {{get: {{operationId: v.a, security: {security}}}}}}}\n"
    of_document = f"{HEAD}security: {security}\npaths: {{/a: {{get: {{operationId: v.a}}}}}}\n"
    assert [operations(text)[0][3] for text in (of_operation, of_document)] == [asked, asked]


def test_an_operation_may_lift_what_the_document_demands() -> None:
    text = f"{HEAD}security: [{{token: []}}]\npaths: {{/a: {{get: {{operationId: v.a, security: []}}, post: {{operationId: v.b}}}}}}\n"
    assert [asked for *_, asked in operations(text)] == [False, True]


def test_documents_for_readers() -> None:
    assert operations(f"{HEAD}paths: {{/a: {{get: {{operationId: listNotes}}}}}}\n") == []
    assert operations('{"paths": {"/a": {"get": {"operationId": "v.a"}}}}', "openapi.json") == [(("GET",), "/a", "v#a", False)]


@given(st.text(alphabet="paths:/a{}[]get operationId: v.\n-\"'", max_size=200))
def test_any_text_is_read(text: str) -> None:
    operations(f"operationId: a.b\npaths:\n{text}")
