"""What CREATE VIEW changes."""

from batten.finding import Step
from batten.link.schema.dependencies import Terms
from batten.link.schema.relations import columns_of
from batten.link.schema.session import Session
from batten.link.schema.state import Relation
from batten.parse.postgres.expressions import Subquery
from batten.parse.postgres.statements import CreateView


def create_view(session: Session, made: CreateView) -> None:
    """CREATE VIEW, which fails where what it reads is not there, or where its columns change."""
    database = session.database
    schema, name = database.target(made.name)
    known = database.relations.get((schema, name))
    if known is not None and known.premature:
        known = None
    if made.temporary or database.lacks_schema(schema) or (known is not None and (not made.replace or known.kind != "view")):
        return
    terms = None if made.query is None else Terms(database, (Subquery("scalar", made.query),))
    if terms is not None and terms.fail():
        return
    view = Relation(schema, name, "matview" if made.materialized else "view", session.place(made.span), owner=database.role)
    view.invoker, view.query = bool(made.invoker), made.query
    lacking = None if terms is None or session.loose else terms.lacking()
    if lacking is not None:
        session.note(f"a server that runs only these migrations refuses to make view {view.full} here: {lacking} is not there", made.span)
        if known is not None:
            return  # what is there stays
        view.premature = True
    if terms is not None and made.query is not None:
        columns_of(session, view, made.query)
        if len(made.columns) == len(view.columns):
            view.columns = dict(zip(made.columns, view.columns.values(), strict=True))
            for label, column in view.columns.items():
                column.name = label
        terms.bind(view)
    if known is None:
        view.privileges = database.default_privileges(view.owner, schema, "table")
        view.trail = [Step(view.place, "created here")]
        database.relations[(schema, name)] = view
        return
    if known.complete and view.complete and list(view.columns)[: len(known.columns)] != list(known.columns):
        return
    # The same object as before: what reads it keeps reading it.
    known.trail.append(Step(view.place, "replaced here"))
    known.was_invoker = known.was_invoker or bool(known.invoker)
    known.invoker, known.query, known.place, known.complete = view.invoker, view.query, view.place, view.complete
    known.barrier, known.reads, known.calls, known.uses = False, view.reads, view.calls, view.uses
    for label, column in view.columns.items():
        known.columns.setdefault(label, column)
