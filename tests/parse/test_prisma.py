"""Prisma's schema language: blocks with exact ranges, whatever the text is."""

from hypothesis import given
from hypothesis import strategies as st

from batten.parse.prisma import Argument, blocks

SHOP = b"""
generator client { provider = "prisma-client-js" }

datasource db {
  provider  = "postgresql" // not mysql
  url       = env("DATABASE_URL")
  schemas   = ["public", "shop"]
}

/// What people buy.
/// @public
model Order {
  id        Int       @id @default(autoincrement())
  label     String?   @default("a \\"b\\" } {") @db.VarChar(80)
  tags      String[]
  where     Unsupported("geometry(Point, 4326)")?
  buyer     Person    @relation("bought", fields: [buyerId, buyerAt], references: [id, at],
                                onDelete: Cascade)
  buyerId   String    @map("buyer_id") /* the key */
  @@id([id, label(sort: Desc)])
  @@map("orders")
}
enum Color { RED
  GREEN @map("green")
}
model Open {
  id Int
"""


def test_blocks_fields_and_attributes() -> None:
    generator, source, order, color, last = blocks(SHOP)
    assert [(block.kind, block.name) for block in (generator, source, order, color, last)] == [
        ("generator", "client"),
        ("datasource", "db"),
        ("model", "Order"),
        ("enum", "Color"),
        ("model", "Open"),
    ]
    assert source.settings == (
        Argument("provider", "postgresql", True),
        Argument("url", call="env", items=("DATABASE_URL",)),
        Argument("schemas", items=("public", "shop")),
    )
    assert order.lead == "What people buy. @public"
    assert [(field.name, field.type, field.optional, field.many) for field in order.fields] == [
        ("id", "Int", False, False),
        ("label", "String", True, False),
        ("tags", "String", False, True),
        ("where", "geometry(Point, 4326)", True, False),
        ("buyer", "Person", False, False),
        ("buyerId", "String", False, False),
    ]
    identifier, label, _, _, buyer, _ = order.fields
    assert identifier.attributes[1].arguments == (Argument(None, call="autoincrement"),)
    assert (label.attributes[0].text(None), label.attributes[1].arguments) == ('a "b" } {', (Argument(None, "80"),))
    relation = buyer.attributes[0]
    assert (relation.text(None, "name"), relation.items("fields"), relation.items("references")) == (
        "bought",
        ("buyerId", "buyerAt"),
        ("id", "at"),
    )
    assert [(each.name, each.items(None), each.text(None)) for each in order.attributes] == [
        ("id", ("id", "label"), None),
        ("map", (), "orders"),
    ]
    assert [value.name for value in color.fields] == ["RED", "GREEN"]


def test_ranges_are_exact() -> None:
    order = blocks(SHOP)[2]
    assert SHOP[order.span.start : order.span.end].startswith(b"model Order {")
    assert SHOP[order.span.start : order.span.end].endswith(b'@@map("orders")\n}')
    texts = [SHOP[field.span.start : field.span.end] for field in order.fields]
    assert texts[0] == b"id        Int       @id @default(autoincrement())"
    assert texts[3] == b'where     Unsupported("geometry(Point, 4326)")?'
    assert texts[4].endswith(b"onDelete: Cascade)")


@given(st.one_of(st.binary(), st.lists(st.sampled_from([b"model ", b"A ", b"{", b"}", b"(", b")", b"[", b"]", b"@", b"@@", b'"', b"\n", b":", b"=", b"Unsupported", b","])).map(b"".join)))  # fmt: skip
def test_whatever_the_text_is_there_is_an_answer(data: bytes) -> None:
    for block in blocks(data):
        assert 0 <= block.span.start <= block.span.end <= len(data)
        assert all(block.span.start <= field.span.start <= field.span.end <= block.span.end for field in block.fields)
