"""Binding: names become the catalog's tables and columns, types are found, and what Trino refuses is refused.

The tree is changed in place: tables become placeholders of scans (views become their queries), unnamed columns get
names, the time becomes the query's own, and every node whose type is known carries it as `meta["trino"]`.
Leaves the files to the readers and DuckDB's words to `duck.py`.
"""

from datetime import datetime

from sqlglot import exp

from afluente.services.athena import catalog as glue
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql import check, relation
from afluente.services.athena.sql.deterministic import is_deterministic
from afluente.services.athena.sql.infer import infer
from afluente.services.athena.sql.parse import Call, parse_query, position
from afluente.services.athena.sql.scope import Columns, Scan, Scope, Source
from afluente.services.athena.sql.select_form import is_with_ties, keep_ties, replaced, take_apart
from afluente.services.athena.sql.trino_type import BIGINT, VARCHAR
from afluente.services.athena.sql.view import decode

UNNAMED = "_col?"
"""The name of a column that the query leaves unnamed, until its place in the result is known."""

HIDDEN: Columns = {"$path": VARCHAR, "$file_size": BIGINT, "$file_modified_time": None, "$partition": VARCHAR}


class Binder:
    """Binds one statement. `database` is the one of the query's context, if any."""

    def __init__(self, catalog: glue.Catalog, database: str | None, text: str, now: datetime, mark: str) -> None:
        self._catalog = catalog
        self._database = database
        self._text = text
        self._now = now
        self._mark = mark
        self._views: list[str] = []
        self.scans: list[Scan] = []
        self.scopes: dict[int, Scope] = {}
        self.is_deterministic = True

    def bind(self, tree: exp.Query) -> Columns | None:
        """Bind a whole query; its columns."""
        self.is_deterministic = is_deterministic(tree)
        return self._query(tree, {}, None)

    # queries

    def _query(self, node: exp.Expr, ctes: dict[str, Source], parent: Scope | None) -> Columns | None:
        ctes = self._with(node, ctes, parent)
        if isinstance(node, exp.Select):
            return self._select(node, ctes, parent)
        if isinstance(node, exp.SetOperation):
            left, right = self._query(node.this, ctes, parent), self._query(node.expression, ctes, parent)
            check.set_operation(node, left, right, self._text)
            fetch = node.args.get("limit")
            if isinstance(fetch, exp.Fetch) and is_with_ties(fetch):
                raise QueryFailure("NOT_SUPPORTED", "Afluente does not have WITH TIES of a set operation")
            self._modifiers(node, ctes, parent)
            return relation.united(left, right)
        if isinstance(node, exp.Subquery):
            columns = self._query(node.this, ctes, parent)
            self._modifiers(node, ctes, parent)
            return columns
        if isinstance(node, exp.Values):
            return self._values(node, ctes, parent)
        raise QueryFailure("NOT_SUPPORTED", f"Afluente does not have this kind of query: {type(node).__name__}")

    def _values(self, node: exp.Values, ctes: dict[str, Source], parent: Scope | None) -> Columns | None:
        scope = Scope(parent=parent)
        rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
        relation.check_values(node, [len(row) for row in rows])
        for value in (value for row in rows for value in row):
            if isinstance(value, exp.Literal):
                value.meta["trino"] = infer(value)  # thousands of them, as a rule
            else:
                self._expression(value, scope, ctes)
        return relation.values_columns(node)

    def _modifiers(self, node: exp.Expr, ctes: dict[str, Source], parent: Scope | None) -> None:
        """ORDER BY and LIMIT of a union: names of output columns, and nothing to bind but subqueries."""
        for name in ("order", "limit", "offset"):
            part = node.args.get(name)
            if part is not None:
                self._subqueries(part, ctes, parent)

    def _with(self, node: exp.Expr, ctes: dict[str, Source], parent: Scope | None) -> dict[str, Source]:
        clause = node.args.get("with_")
        if clause is None:
            return ctes
        known = dict(ctes)
        for cte in clause.expressions:
            alias = cte.alias.lower()
            if clause.args.get("recursive"):
                known[alias] = Source(alias, None)
            columns = relation.renamed(self._query(cte.this, known, parent), cte.args.get("alias"))
            known[alias] = Source(alias, columns, query=cte.this)
        return known

    def _select(self, node: exp.Select, ctes: dict[str, Source], parent: Scope | None) -> Columns | None:
        scope = Scope(parent=parent)
        self.scopes[id(node)] = scope
        start = node.args.get("from_")
        if start is not None:
            self._source(start.this, scope, ctes)
        for join in node.args.get("joins") or ():
            self._source(join.this, scope, ctes)
            if join.args.get("on") is not None:
                self._expression(join.args["on"], scope, ctes)
            for name in join.args.get("using") or ():
                self._use(scope, name.name.lower())
        for projection in list(node.expressions):
            if projection.is_star and self._taken_apart(projection, scope, ctes):
                continue
            self._expression(projection, scope, ctes)
        scope.aliases = {projection.alias.lower() for projection in node.expressions if projection.alias}
        for name in ("where", "group", "having"):
            if node.args.get(name) is not None:
                self._expression(node.args[name], scope, ctes)
        for window in node.args.get("windows") or ():
            self._expression(window, scope, ctes)
        if node.args.get("order") is not None:
            self._expression(node.args["order"], scope, ctes, aliases=True)
        relation.hide(node, scope)
        check.select(node, self._text)
        self._name(node)
        columns = relation.output_columns(node, scope)
        fetch = node.args.get("limit")
        if isinstance(fetch, exp.Fetch) and is_with_ties(fetch):
            keep_ties(node, fetch)
        return columns

    def _taken_apart(self, projection: exp.Expr, scope: Scope, ctes: dict[str, Source]) -> bool:
        """`row.*`: its fields become columns. Whether it was one."""
        if isinstance(projection, exp.Column) and scope.source(projection.table.lower()) is None:
            column = exp.Column(this=projection.args["table"].copy(), table=projection.args.get("db"))
            projection = replaced(projection, exp.Dot(this=column, expression=exp.Star()))
        if not isinstance(projection, exp.Dot):
            return False
        self._expression(projection.this, scope, ctes)
        take_apart(projection, self._text)
        return True

    # sources

    def _source(self, node: exp.Expr, scope: Scope, ctes: dict[str, Source]) -> None:
        if isinstance(node, exp.Table):
            source = self._table(node, ctes)
        elif isinstance(node, exp.Unnest):
            for argument in node.expressions:
                self._expression(argument, scope, ctes)
            source = relation.unnest(node)
        elif isinstance(node, exp.Lateral):
            columns = self._query(node.this, ctes, scope)
            source = Source(node.alias.lower(), relation.renamed(columns, node.args.get("alias")))
        elif isinstance(node, exp.Paren):
            self._source(node.this, scope, ctes)
            return
        elif isinstance(node, exp.Subquery) and not isinstance(node.this, (exp.Query, exp.Values)):
            self._source(node.this, scope, ctes)
            source = None
        else:
            columns = self._query(node, ctes, scope.parent)
            inner = node.this if isinstance(node, exp.Subquery) else None
            source = Source(node.alias.lower(), relation.renamed(columns, node.args.get("alias")), query=inner)
        if source is not None:
            scope.sources.append(source)
        for join in node.args.get("joins") or ():
            self._source(join.this, scope, ctes)
            if join.args.get("on") is not None:
                self._expression(join.args["on"], scope, ctes)

    def _table(self, node: exp.Table, ctes: dict[str, Source]) -> Source:
        name = node.name.lower()
        alias = (node.alias or node.name).lower()
        if not node.db and name in ctes:
            cte = ctes[name]
            return Source(alias, relation.renamed(cte.columns, node.args.get("alias")), query=cte.query)
        database = (node.db or self._database or "").lower()
        self._check_catalog(node)
        if not database:
            raise QueryFailure(
                "MISSING_SCHEMA_NAME",
                "Schema must be specified when session schema is not set",
                position(node, self._text),
            )
        if database == "information_schema":
            return self._replaced(node, alias, relation.information_schema(self._catalog, name))
        base, dollar, part = name.partition("$")
        if dollar:
            return self._about(node, alias, self._existing(database, base, node), part)
        table = self._existing(database, name, node)
        version = node.args.get("version")
        if version is not None:
            self._expression(version.expression, Scope(), ctes)
        if table.is_view:
            return self._view(node, alias, table)
        return self._scan(node, alias, table)

    def _about(self, node: exp.Table, alias: str, table: glue.Table, part: str) -> Source:
        """`"t$partitions"`, and an Iceberg table's `"t$snapshots"` and others."""
        if table.is_iceberg and part in relation.METADATA_TABLES:
            return self._scan(node, alias, table, part)
        if part == "partitions":
            return self._replaced(node, alias, relation.partitions_table(self._catalog, table))
        message = f"Table '{glue.NAME}.{table.database}.{table.name}${part}' does not exist"
        raise QueryFailure("TABLE_NOT_FOUND", message, position(node, self._text))

    def _check_catalog(self, node: exp.Table) -> None:
        if node.catalog and node.catalog.lower() != glue.NAME:
            message = f"Catalog '{node.catalog.lower()}' not found"
            raise QueryFailure("CATALOG_NOT_FOUND", message, position(node, self._text))

    def _existing(self, database: str, name: str, node: exp.Table) -> glue.Table:
        table = self._catalog.table(database, name)
        if table is not None:
            return table
        at = position(node, self._text)
        if self._catalog.database(database) is None:
            raise QueryFailure("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist", at)
        raise QueryFailure("TABLE_NOT_FOUND", f"Table '{glue.NAME}.{database}.{name}' does not exist", at)

    def _scan(self, node: exp.Table, alias: str, table: glue.Table, metadata_table: str = "") -> Source:
        scan = Scan(table, f"{self._mark}_{len(self.scans)}", now=self._now, version=node.args.get("version"))
        scan.metadata_table = metadata_table
        self.scans.append(scan)
        columns: Columns = {column.name: column.type for column in (*table.columns, *table.partition_keys)}
        old_columns = scan.version is not None or bool(metadata_table)  # then only the engine knows them
        sample, alias_node = node.args.get("sample"), node.args.get("alias")
        placeholder = exp.Table(this=exp.to_identifier(scan.placeholder, quoted=True), sample=sample)
        placeholder.set("alias", alias_node or exp.TableAlias(this=exp.to_identifier(node.name, quoted=True)))
        _replace_keeping_joins(node, placeholder)
        shown = None if old_columns else {**columns, **HIDDEN}
        return Source(alias, relation.renamed(shown, alias_node), scan, database=table.database)

    def _view(self, node: exp.Table, alias: str, table: glue.Table) -> Source:
        name = f"{table.database}.{table.name}"
        if name in self._views:
            raise QueryFailure("VIEW_IS_RECURSIVE", "View is recursive", position(node, self._text))
        view = decode(table.raw)
        query = parse_query(view.original_sql)
        self.is_deterministic = self.is_deterministic and is_deterministic(query)
        self._views.append(name)
        outer = self._database, self._text
        self._database, self._text = view.schema or table.database, view.original_sql
        try:
            columns = self._query(query, {}, None)
        finally:
            self._database, self._text = outer
            self._views.pop()
        if columns is not None:
            columns = dict(zip((column.name for column in view.columns), columns.values(), strict=False))
        names = [exp.to_identifier(column.name, quoted=True) for column in view.columns]
        return self._subquery(node, alias, query, columns, names)

    def _replaced(self, node: exp.Table, alias: str, rows: exp.Select) -> Source:
        columns: Columns = {projection.alias: VARCHAR for projection in rows.expressions}
        return self._subquery(node, alias, rows, columns, [])

    def _subquery(
        self, node: exp.Table, alias: str, query: exp.Query, columns: Columns | None, names: list[exp.Identifier]
    ) -> Source:
        given = node.args.get("alias")
        table_alias = exp.TableAlias(this=exp.to_identifier(node.alias or node.name, quoted=True), columns=names)
        if given and given.args.get("columns"):
            table_alias.set("columns", given.args["columns"])
        _replace_keeping_joins(node, exp.Subquery(this=query, alias=table_alias))
        return Source(alias, relation.renamed(columns, given), query=query, database=node.db.lower())

    # expressions

    def _expression(self, node: exp.Expr, scope: Scope, ctes: dict[str, Source], *, aliases: bool = False) -> None:
        """Resolve the columns of an expression, bind its subqueries, find its types; children before parents."""
        lambdas = _lambda_names(node)
        if isinstance(node, exp.Star):
            for source in scope.sources:
                source.use_all()
            return
        if isinstance(node, exp.Query):
            self._query(node, ctes, scope)
            return
        if isinstance(node, exp.Column):
            self._column(node, scope, aliases)
            return
        for child in list(node.iter_expressions()):
            inner = scope if not lambdas else relation.with_names(scope, lambdas)
            self._expression(child, inner, ctes, aliases=aliases)
        node = self._timed(node)
        kind = infer(node)
        if kind is not None:
            node.meta["trino"] = kind
        check.operator(node, self._text)

    def _subqueries(self, node: exp.Expr, ctes: dict[str, Source], parent: Scope | None) -> None:
        for query in list(node.find_all(exp.Query)):
            self._query(query, ctes, parent)

    def _timed(self, node: exp.Expr) -> exp.Expr:
        """The query's own time, fixed when it began."""
        text = relation.time_literal(node, self._now)
        if text is None and isinstance(node, Call) and node.this == "now":
            text = relation.time_literal(exp.CurrentTimestamp(), self._now)
        if text is None:
            return node
        node.replace(text)
        return text

    def _column(self, node: exp.Column, scope: Scope, aliases: bool) -> None:
        name = node.name.lower()
        if isinstance(node.this, exp.Star):
            source = scope.source(node.table.lower())
            if source is not None:
                source.use_all()
            return
        if node.table and self._qualified(node, name, scope):
            return
        head = name if not node.table else node.parts[0].name.lower()
        found = self._use(scope, head)
        if found is None and head == "current_schema" and not node.table:
            node.replace(exp.Literal.string(self._database or ""))
            return
        if found is None and not (aliases and head in scope.aliases):
            raise self._no_column(node, head)
        if found is not None and not node.table:
            _remember(node, found, head)

    def _qualified(self, node: exp.Column, name: str, scope: Scope) -> bool:
        """Whether the column's qualifier names a source; database and catalog in front of it are taken off."""
        source = scope.source(node.table.lower(), node.db.lower())
        if source is None:
            return self._field_of_source(node, scope)
        if source.columns is not None and name not in source.columns:
            raise self._no_column(node, f"{node.table}.{node.name}")
        for part in ("db", "catalog"):
            node.set(part, None)
        _mark(source, name)
        _remember(node, source, name)
        return True

    def _field_of_source(self, node: exp.Column, scope: Scope) -> bool:
        """`t.s.field`: a source, a column of it that is a row, and a field."""
        parts = [part.name.lower() for part in node.parts]
        source = scope.source(parts[0])
        if source is None or (source.columns is not None and parts[1] not in source.columns):
            return False
        _mark(source, parts[1])
        return True

    def _use(self, scope: Scope | None, name: str) -> Source | None:
        """The source that has `name`, in the nearest scope; what it reads is noted."""
        while scope is not None:
            owners = scope.owners(name)
            for owner in owners:
                _mark(owner, name)
            if owners:
                return owners[0]
            scope = scope.parent
        return None

    def _no_column(self, node: exp.Expr, name: str) -> QueryFailure:
        message = f"Column '{name}' cannot be resolved or requester is not authorized to access requested resources"
        return QueryFailure("COLUMN_NOT_FOUND", message, position(node, self._text))

    def _name(self, node: exp.Select) -> None:
        """A name for every column of the result: as written, or Trino's `_colN`, numbered when its place is known."""
        for projection in list(node.expressions):
            if isinstance(projection, exp.Alias) or projection.is_star:
                continue
            name = projection.name if isinstance(projection, (exp.Column, exp.Dot)) else UNNAMED
            alias = exp.Alias(alias=exp.to_identifier(name or UNNAMED, quoted=True))
            projection.replace(alias)
            alias.set("this", projection)


def _mark(source: Source, name: str) -> None:
    if source.scan is not None:
        source.scan.used.add(name)


def _remember(node: exp.Column, source: Source, name: str) -> None:
    kind = source.columns.get(name) if source.columns else None
    if kind is not None:
        node.meta["trino"] = kind


def _lambda_names(node: exp.Expr) -> list[str]:
    return [argument.name.lower() for argument in node.expressions] if isinstance(node, exp.Lambda) else []


def _replace_keeping_joins(node: exp.Table, replacement: exp.Expr) -> None:
    for name in ("joins",):
        if node.args.get(name):
            replacement.set(name, node.args[name])
    node.replace(replacement)
