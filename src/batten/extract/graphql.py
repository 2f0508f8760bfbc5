"""Fields of GraphQL that clients ask for: resolvers in records, Strawberry, Graphene, and classes of NestJS and TypeGraphQL; knows no other file.

https://the-guild.dev/graphql/tools/docs/resolvers https://strawberry.rocks/docs/types/resolvers https://docs.graphene-python.org/en/latest/types/objecttypes/
"""

import re
from collections.abc import Iterator

from batten.extract.declared import Declared, argument, every_call, functions_in, positional, step, text
from batten.facts.calls import GIVES, Binding, Call, Function, simple_name
from batten.facts.routes import GRAPHQL, ROOT_VALUE, Endpoint, Middleware, RouteKind
from batten.regex import regex
from batten.text import Place

_FIELD = regex(r"^(?:.+\.)?(?P<root>Query|Mutation|Subscription)\.(?P<field>[A-Za-z_]\w*)(?:\.(?:resolve|subscribe))?$")
_CHANGES = regex(rb"\btype\s+Mutation\s*\{[^}]*\}")
_OF_ROOT = regex(r"\d\.(?:rootValue|root)\.(?P<field>[A-Za-z_]\w*)")
_CLASS = regex(rb"\bclass\s+(Query|Mutation|Subscription)\b")
_METHOD = {"Query": "GET", "Mutation": "POST", "Subscription": "GET"}
_DECORATED = regex(r"^(?:@nestjs/graphql|type-graphql)#(?P<root>Query|Mutation|Subscription)$")
_GUARDS = regex(r"#(?:UseGuards|UseMiddleware)$")
_STRAWBERRY = regex(r"^strawberry#(?:field|mutation|subscription)$|^strawberry_django#(?:field|mutation)$")
_ROOT_CLASS = regex(r"(?P<root>Query|Queries|Mutation|Mutations|Subscription|Subscriptions)$")
_GRAPHENE = ("graphene#Mutation", "graphene.relay#ClientIDMutation", "graphene#relay.ClientIDMutation")
_MUTATES = ("mutate", "mutate_and_get_payload", "perform_mutation")
_SERVES = (
    "ApolloServer",
    "createYoga",
    "startStandaloneServer",
    "expressMiddleware",
    "graphqlHTTP",
    "GraphQLServer",
    "createHandler",
    "mercurius",
)
# https://graphql.org/graphql-js/constructing-types/
_OBJECT_TYPE = "GraphQLObjectType"
_BUILDS = ("graphql#GraphQL", "graphql#default.GraphQL", "graphql#.GraphQL")
_ROOT_NAMED = regex(r"(?:root)?_?(?P<root>query|mutation|subscription)s?(?:_?(?:type|root))?", re.IGNORECASE)
_ROOT_FOLDER = regex(r"(?:^|/)[^/]*(?P<root>quer(?=y|ies)|mutation|subscription)[^/]*", re.IGNORECASE)
_OF_FIELD = regex(r"(?:0\.fields\.)?(?P<field>\w+)\.(?:resolve|subscribe)")
_ALONE = regex(r"(?P<field>\w+)\.(?:resolve|subscribe)")
_USES = frozenset({"use", "all", "post", "get"})
# A directive in the schema may guard what it stands on.
_DIRECTIVE = regex(rb"@(?:auth|authenticated|isAuthenticated|requireAuth|hasRole|requiresAuth|private|rest)\w*\b")


def _is_directed(data: bytes) -> bool:
    """Such a directive stands somewhere, and no address of mail or name of a package."""
    before = (data[found.start() - 1 : found.start()] for found in _DIRECTIVE.finditer(data))
    return any(each and not each.isalnum() and each not in b"_@" for each in before)


def extract(path: str, data: bytes, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What a script declares; that the package serves GraphQL at all is for ``link`` to know."""
    found: list[Endpoint] = []
    directed = ("graphql#auth-directive",) if _is_directed(data) else ()
    # The methods of a class are fields where decorators say so: one that is called ``Query`` may be anything.
    classes = {name.decode() for name in _CLASS.findall(data)}
    for function in functions:
        named = _FIELD.match(function.name)
        if named is not None and "@" not in function.name and function.name.rpartition(".")[0] not in classes:
            found.append(_endpoint(path, named["root"], named["field"], function, (*directed, *_wrapping(function))))
            continue
        for wrapper in function.wrappers:
            decorated = _DECORATED.match(wrapper.callee)
            if decorated is not None:
                owner = next((b for b in bindings if b.is_class and b.local == function.name.rpartition(".")[0]), None)
                around = (*(owner.decorators if owner is not None else ()), *function.wrappers)
                field = text(wrapper, "1.name", "0.name") or function.name.rpartition(".")[2]
                found.append(_endpoint(path, decorated["root"], field, function, tuple(_guards(around))))
    found += _of_root_values(path, data, functions)
    builds = any(call.callee.startswith(_BUILDS) for _, call in every_call(functions))
    built = _of_object_types(path, functions) if builds else ()
    return Declared((*found, *built), (), tuple(_contexts(path, functions)))


def _of_root_values(path: str, data: bytes, functions: tuple[Function, ...]) -> Iterator[Endpoint]:
    """The functions of a record that is the root value: they are called with the arguments of their fields alone (https://graphql.org/graphql-js/object-types/)."""
    by_name = {f"#{function.name}": function for function in functions}
    changed: bytes | None = None
    for _, call in every_call(functions):
        for each in call.arguments if step(call) in _SERVES or step(call) == "graphql" else ():
            field = _OF_ROOT.fullmatch(each.slot)
            function = next((by_name[name] for name in functions_in(each) if name in by_name), None)
            if field is not None and function is not None:
                changed = b"".join(_CHANGES.findall(data)) if changed is None else changed
                changes = re.search(rb"\b%s\s*[(:]" % field["field"].encode(), changed) is not None
                yield _endpoint(path, "Mutation" if changes else "Query", field["field"], function, (), maker=ROOT_VALUE)


def _of_object_types(path: str, functions: tuple[Function, ...]) -> Iterator[Endpoint]:
    """The fields of ``new GraphQLObjectType({ name: "Mutation", fields: { drop: { resolve } } })``, and of records that such fields are put together of."""
    by_name = {f"#{function.name}": function for function in functions}
    for _, call in every_call(functions):
        root = _ROOT_NAMED.fullmatch(text(call, "0.name") or "") if call.callee.endswith(_OBJECT_TYPE) else None
        for each in call.arguments if root is not None else ():
            given = [(each.slot, name) for name in functions_in(each)[:1]]
            if each.slot == "0.fields":
                thunk = next((by_name[name] for name in functions_in(each)[-1:] if name in by_name), None)
                given = [field for result in (thunk.results if thunk is not None else ()) for field in result.fields]
            for slot, name in given:
                field = _OF_FIELD.fullmatch(slot)
                if field is not None and name in by_name and root is not None:
                    yield _endpoint(path, root["root"].capitalize(), field["field"], by_name[name], ())
    folder = _ROOT_FOLDER.search(path)
    for function in functions if folder is not None else ():
        alone = _ALONE.fullmatch(function.name)
        if alone is not None and folder is not None:
            root_of = "Query" if folder["root"].lower() == "quer" else folder["root"].capitalize()
            yield _endpoint(path, root_of, alone["field"], function, ())


def _guards(decorators: tuple[Call, ...]) -> Iterator[str]:
    """What ``UseGuards`` and ``UseMiddleware`` are handed, and decorators that may be made of them."""
    for decorator in decorators:
        if _GUARDS.search(decorator.callee):
            yield from (name for a in decorator.arguments if a.slot.isdigit() for name in functions_in(a)[:1])
        elif not decorator.callee.startswith(("@nestjs/", "type-graphql#")) or decorator.callee.endswith("#Authorized"):
            yield decorator.callee


def _wrapping(function: Function) -> tuple[str, ...]:
    """What a resolver is handed to before it is one; the server that is handed all of them is no wrapper of one."""
    return tuple(wrapper.callee for wrapper in function.wrappers if step(wrapper) not in _SERVES)


def _endpoint(path: str, root: str, field: str, function: Function, chain: tuple[str, ...], maker: str = "") -> Endpoint:
    place = Place(path, function.place.span)
    return Endpoint(GRAPHQL, RouteKind.PROCEDURE, (_METHOD[root],), f"{root}.{field}", "", f"#{function.name}", place, chain, maker=maker)


def _contexts(path: str, functions: tuple[Function, ...]) -> Iterator[Middleware]:
    """``context``: it runs before every resolver of the server, and may throw."""
    for _, call in every_call(functions):
        if step(call) in _SERVES:
            for found in (argument(call, "0.context"), argument(call, "1.context")):
                for name in functions_in(found)[:1]:
                    yield Middleware(GRAPHQL, name, "", Place(path, call.span), later_only=False)
        if step(call) in _USES and any(simple_name(name) in _SERVES for a in positional(call) for name in functions_in(a)):
            # ``app.use("/graphql", signedIn, graphqlHTTP({ schema }))``
            for given in list(positional(call))[:-1]:
                yield from (Middleware(GRAPHQL, name, "", Place(path, call.span), later_only=False) for name in functions_in(given)[:1])


def extract_python(path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What a module of Python declares."""
    classes = {binding.local: binding for binding in bindings if binding.is_class}
    found: list[Endpoint] = []
    for function in functions:
        owner, _, name = function.name.rpartition(".")
        root = _ROOT_CLASS.search(owner)
        binding = classes.get(owner)
        if binding is None:
            continue
        marks = [wrapper for wrapper in function.wrappers if _STRAWBERRY.match(wrapper.callee)]
        inner = tuple(wrapper.callee for wrapper in function.wrappers if wrapper not in marks)
        if marks and (root is not None or marks[0].callee.endswith("mutation")):
            asked = tuple(f"{GIVES}{each}" for each in functions_in(argument(marks[0], "permission_classes")))
            extended = functions_in(argument(marks[0], "extensions"))
            found.append(_endpoint(path, _named(root, marks[0]), name, function, (*asked, *extended, *inner)))
        elif any(base in _GRAPHENE for base in binding.bases) and name in _MUTATES:
            found.append(_endpoint(path, "Mutation", owner, function, inner))
        elif root is not None and name.startswith("resolve_"):
            found.append(_endpoint(path, _named(root, None), name.removeprefix("resolve_"), function, inner))
    return Declared(tuple(found))


def _named(root: re.Match[str] | None, mark: Call | None) -> str:
    """The root type of a field, by the name of its class, and by its decorator where that tells."""
    if root is None or (mark is not None and mark.callee.endswith("mutation")):
        return "Mutation"
    return {"Q": "Query", "M": "Mutation", "S": "Subscription"}[root["root"][0]]
