"""What files of infrastructure open to everybody: names, places, and what is no more than made to be seen."""

from hypothesis import given
from hypothesis import strategies as st

from batten.extract.packages import file_facts


def found(path: str, text: str) -> list[tuple[str, str, bool]]:
    """Each resource with the text that opens it, and whether it is made to be seen."""
    return [
        (each.name, text.encode()[each.place.span.start : each.place.span.end].decode(), each.narrow)
        for each in file_facts(path, text.encode()).settings
    ]


def test_blocks_end_where_their_braces_do() -> None:
    text = """
resource "aws_s3_bucket_acl" "a" { # {
  x   = "} \\" {"
  acl = "public-read-write"
}
variable "acl" { default = "public-read" }
# resource "aws_s3_bucket_acl" "b" { acl = "public-read" }
resource "aws_s3_bucket_acl" "assets" {
  /* acl = "public-read" } */
  acl = "public-read"
}
"""
    assert found("main.tf", text) == [
        ("aws_s3_bucket_acl.a", 'acl = "public-read-write"', False),
        ("aws_s3_bucket_acl.assets", 'acl = "public-read"', True),
    ]


def test_a_database_with_an_address_needs_an_open_door() -> None:
    database = 'resource "aws_db_instance" "main" {\n  publicly_accessible = true\n}\n'
    door = 'resource "aws_vpc_security_group_ingress_rule" "door" {\n  from_port = 5432\n  cidr_ipv4 = "0.0.0.0/0"\n}\n'
    assert found("main.tf", database) == [("aws_db_instance.main", "publicly_accessible = true", True)]
    assert [(name, narrow) for name, _, narrow in found("main.tf", database + door)] == [
        ("aws_db_instance.main", False),
        ("aws_vpc_security_group_ingress_rule.door", False),
    ]


def test_templates_of_other_things_say_nothing() -> None:
    text = "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n      AccessControl: PublicRead\n"
    assert found("infra/api.template.yaml", text) == [("A", "AccessControl: PublicRead", False)]
    assert found("template.yaml", text.replace("AWS::", "Other::")) == []
    assert found("values.yaml", text) == []


@given(
    st.sampled_from(["a.tf", "template.yaml", "serverless.json"]),
    st.lists(
        st.sampled_from(
            ['resource "aws_s3_bucket" "a" {', "}", "{", '"', "\\", "#", "/*", "acl", '= "public-read"', "\n", "AWS::", "Resources:", "  "]
        ),
        max_size=40,
    ),
)
def test_half_written_files_are_read_as_well(path: str, parts: list[str]) -> None:
    assert all(0 <= each.place.span.start <= each.place.span.end for each in file_facts(path, "".join(parts).encode()).settings)
