"""Transforms that change a frame's columns and nested fields, as SQL over its query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from afluente.core.hive_type import HiveType
from afluente.core.hive_type import parse as parse_type
from afluente.services.glue.job.runtime import path as paths
from afluente.services.glue.job.runtime.cast import cast
from afluente.services.glue.job.runtime.connection import Schema, identifier, text
from afluente.services.glue.job.runtime.path import Path
from afluente.services.glue.job.runtime.source import EMPTY

Mapping = tuple[str, str, str, str]
"""(source path, source type, target path, target type)."""


@dataclass(slots=True)
class Tree:
    """Fields by name, each SQL or a tree of its own: what a row is built of."""

    fields: dict[str, "str | Tree"] = field(default_factory=dict)

    def put(self, path: Path, sql: str) -> None:
        """Set the field at `path`, over one of the same name whatever its case."""
        name = next((known for known in self.fields if known.lower() == path[0].lower()), path[0])
        if len(path) == 1:
            self.fields[name] = sql
            return
        below = self.fields.get(name)
        if not isinstance(below, Tree):
            below = self.fields[name] = Tree()
        below.put(path[1:], sql)

    def drop(self, path: Path) -> None:
        """Remove the field at `path`; a struct that loses its last field goes too."""
        name = next((known for known in self.fields if known.lower() == path[0].lower()), None)
        if name is None:
            return
        below = self.fields[name]
        if len(path) > 1 and isinstance(below, Tree):
            below.drop(path[1:])
            if below.fields:
                return
        elif len(path) > 1:
            return
        del self.fields[name]

    def select(self, query: str) -> str:
        """The SQL of the rows of `query` rebuilt."""
        if not self.fields:
            return EMPTY
        columns = ", ".join(f"{_sql(value)} AS {identifier(name)}" for name, value in self.fields.items())
        return f"SELECT {columns} FROM ({query})"


def _sql(value: "str | Tree") -> str:
    if isinstance(value, str):
        return value
    return (
        "struct_pack(" + ", ".join(f"{identifier(name)} := {_sql(each)}" for name, each in value.fields.items()) + ")"
    )


def tree(schema: Iterable[tuple[str, HiveType]], above: Path = (), deep: Iterable[Path] = ()) -> Tree:
    """The fields as they are; structs on the way to one of the paths `deep` are taken apart."""
    grown = Tree()
    taken = [tuple(part.lower() for part in path) for path in deep]
    for name, kind in schema:
        here = (*above, name)
        lower = tuple(part.lower() for part in here)
        apart = kind.name == "struct" and any(len(path) > len(lower) and path[: len(lower)] == lower for path in taken)
        grown.fields[name] = tree(kind.fields, here, deep) if apart else paths.sql(here)
    return grown


def apply_mapping(query: str, schema: Schema, mappings: Sequence[Mapping]) -> str:
    """Only the mapped fields, cast and renamed. A mapping whose source there is not maps nothing, as in Glue."""
    grown = Tree()
    for mapping in mappings:
        source, target, wanted = _read(mapping)
        found = paths.find(paths.parse_column(source, schema), schema)
        if found is None:
            continue
        path, kind = found
        keep = wanted.name in {"array", "struct", "map"} and not wanted.fields
        value = paths.sql(path) if keep else cast(paths.sql(path), kind, wanted)
        grown.put(paths.parse(target), value)
    return grown.select(query)


def _read(mapping: Sequence[str]) -> tuple[str, str, HiveType]:
    """(source, target, type) of a mapping given with four, three or two members."""
    if len(mapping) == 4:
        source, _, target, kind = mapping
    elif len(mapping) == 3:
        source, target, kind = mapping
    elif len(mapping) == 2:
        source, kind = mapping
        target = source
    else:
        raise ValueError(f"mapping {mapping!r} must be (source, source type, target, target type)")
    if kind in {"array", "struct", "map"}:
        return source, target, HiveType(kind)
    return source, target, parse_type(kind)


def select_fields(query: str, schema: Schema, names: Sequence[str]) -> str:
    """Only the fields at these paths."""
    grown = Tree()
    for name in names:
        found = paths.find(paths.parse_column(name, schema), schema)
        if found is not None:
            grown.put(found[0], paths.sql(found[0]))
    return grown.select(query)


def drop_fields(query: str, schema: Schema, names: Sequence[str]) -> str:
    """All but the fields at these paths."""
    dropped = [paths.parse_column(name, schema) for name in names]
    grown = tree(schema, deep=dropped)
    for path in dropped:
        grown.drop(path)
    return grown.select(query)


def rename_field(query: str, schema: Schema, old: str, new: str) -> str:
    """The field at one path at another; the others as they are."""
    found = paths.find(paths.parse_column(old, schema), schema)
    if found is None:
        return query
    path, _ = found
    if len(path) == 1 and len(target := paths.parse(new)) == 1:
        columns = [
            f"{identifier(name)} AS {identifier(target[0])}" if name == path[0] else identifier(name)
            for name, _ in schema
        ]
        return f"SELECT {', '.join(columns)} FROM ({query})"
    grown = tree(schema, deep=[path])
    grown.drop(path)
    grown.put(paths.parse(new), paths.sql(path))
    return grown.select(query)


def unnest(query: str, schema: Schema) -> str:
    """Structs taken apart into columns named by their paths, with dots."""
    columns = [f"{paths.sql(path)} AS {identifier('.'.join(path))}" for path in _leaves(schema, ())]
    return f"SELECT {', '.join(columns)} FROM ({query})" if columns else query


def _leaves(fields: Iterable[tuple[str, HiveType]], above: Path) -> Iterable[Path]:
    for name, kind in fields:
        if kind.name == "struct":
            yield from _leaves(kind.fields, (*above, name))
        else:
            yield (*above, name)


# ---- choices --------------------------------------------------------------------------------------------------------


def resolve_choice(query: str, schema: Schema, specs: Sequence[tuple[str, str]], choice: str) -> str:
    """Columns of several types made one type, or several columns."""
    grown = tree(schema, deep=[paths.parse_column(name, schema) for name, _ in specs])
    chosen = [(name, action) for name, action in specs]
    if choice:
        named = {name.lower() for name, _ in specs}
        chosen += [(name, choice) for name, kind in schema if kind.name == "choice" and name.lower() not in named]
    for name, action in chosen:
        if "[]" in name:
            raise NotImplementedError(f"ResolveChoice within arrays ({name!r}) is not supported")
        found = paths.find(paths.parse_column(name, schema), schema)
        if found is not None:
            _resolve(grown, *found, action)
    return grown.select(query)


def _resolve(grown: Tree, path: Path, kind: HiveType, action: str) -> None:
    word, _, wanted = action.partition(":")
    sql = paths.sql(path)
    if word == "cast":
        grown.put(path, cast(sql, kind, parse_type(wanted)))
    elif word == "project":
        target = parse_type(wanted)
        of_type = f"CASE WHEN {_is_json(sql, target)} THEN {cast(sql, kind, target)} END"
        grown.put(path, of_type if kind.name == "choice" else cast(sql, kind, target))
    elif word == "make_cols" and kind.name == "choice":
        grown.drop(path)
        for suffix, value in _alternatives(sql).items():
            grown.put((*path[:-1], f"{path[-1]}_{suffix}"), value)
    elif word == "make_struct" and kind.name == "choice":
        packed = ", ".join(f"{identifier(name)} := {value}" for name, value in _alternatives(sql).items())
        grown.put(path, f"struct_pack({packed})")
    elif word not in {"make_cols", "make_struct"}:
        raise NotImplementedError(f"the ResolveChoice action {action!r} is not supported")


def _alternatives(sql: str) -> dict[str, str]:
    """A value of JSON as each of the types it may have; null as all but one."""
    kinds = {"long": "bigint", "double": "double", "boolean": "boolean", "string": "string"}
    choice = HiveType("choice")
    return {
        name: f"CASE WHEN {_is_json(sql, parse_type(kind))} THEN {cast(sql, choice, parse_type(kind))} END"
        for name, kind in kinds.items()
    }


JSON_TYPES = {
    "bigint": ("BIGINT", "UBIGINT"), "int": ("BIGINT", "UBIGINT"), "double": ("DOUBLE",), "float": ("DOUBLE",),
    "boolean": ("BOOLEAN",), "string": ("VARCHAR",),
}  # fmt: skip


def _is_json(sql: str, kind: HiveType) -> str:
    """Whether a value of JSON is of that type."""
    if kind.name not in JSON_TYPES:
        raise NotImplementedError(f"ResolveChoice to the type {kind} is not supported; cast it")
    return f"json_type({sql}) IN ({', '.join(map(text, JSON_TYPES[kind.name]))})"
