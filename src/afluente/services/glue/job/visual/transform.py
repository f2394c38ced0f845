"""Transform nodes."""

import re
from typing import Any

from afluente.services.glue.error import InvalidInputException
from afluente.services.glue.job.visual.node import Node, Part
from afluente.services.glue.job.visual.text import Code, call, dotted, literal


def apply_mapping(node: Node) -> Part:
    """ApplyMapping."""
    mappings = list(_mappings(node.members["Mapping"], []))
    return _apply(node, "ApplyMapping", frame=node.input, mappings=mappings)


def _mappings(entries: list[dict[str, Any]], above: list[str]) -> Any:
    for entry in entries:
        if entry.get("Dropped"):
            continue
        source = entry.get("FromPath") or []
        target = [*above, entry.get("ToKey") or (source[-1] if source else "")]
        if children := entry.get("Children"):
            yield from _mappings(children, target)
        else:
            kind = entry.get("FromType", "string")
            yield (dotted(source), kind, ".".join(target), entry.get("ToType", kind))


def select_fields(node: Node) -> Part:
    """SelectFields."""
    return _apply(node, "SelectFields", frame=node.input, paths=[dotted(path) for path in node.members["Paths"]])


def drop_fields(node: Node) -> Part:
    """DropFields."""
    return _apply(node, "DropFields", frame=node.input, paths=[dotted(path) for path in node.members["Paths"]])


def rename_field(node: Node) -> Part:
    """RenameField."""
    names = {"old_name": dotted(node.members["SourcePath"]), "new_name": dotted(node.members["TargetPath"])}
    return _apply(node, "RenameField", frame=node.input, **names)


def drop_null_fields(node: Node) -> Part:
    """DropNullFields: of nulls alone, or of what else is to count as null."""
    checks = node.members.get("NullCheckBoxList", {})
    texts = [text for name, text in (("IsEmpty", ""), ("IsNullString", "null")) if checks.get(name)]
    numbers = ["-1"] if checks.get("IsNegOne") else []
    for each in node.members.get("NullTextList") or []:
        (texts if each["Datatype"]["Id"].lower() == "string" else numbers).append(each["Value"])
    if not texts and not numbers:
        return _apply(node, "DropNullFields", frame=node.input)
    return _helper(node, "dropNullColumns", frame=node.input, nullTexts=texts, nullNumbers=numbers)


def fill_missing_values(node: Node) -> Part:
    """FillMissingValues."""
    members = node.members
    column = dotted([members["ImputedPath"]])
    part = _apply(
        node, "FillMissingValues", frame=node.input, missing_values_column=column,
        output_column=members.get("FilledPath") or f"{column}_filled",
    )  # fmt: skip
    return Part(part.lines, frozenset({"FillMissingValues"}))


def aggregate(node: Node) -> Part:
    """Aggregate."""
    groups = [dotted(path) for path in node.members["Groups"]]
    aggs = [[dotted(each["Column"]), each["AggFunc"]] for each in node.members["Aggs"]]
    return _helper(node, "sparkAggregate", parentFrame=node.input, groups=groups, aggs=aggs)


def spigot(node: Node) -> Part:
    """Spigot."""
    named = {"topk": "Topk", "prob": "Prob"}
    options = {option: node.members[name] for option, name in named.items() if name in node.members}
    return _apply(node, "Spigot", frame=node.input, path=node.members["Path"], options=options)


def merge(node: Node) -> Part:
    """Merge: the input `Source` is what the other one is completed and replaced by."""
    source = node.members["Source"]
    if len(node.inputs) != 2 or source not in node.input_ids:
        raise InvalidInputException(f"Source of node {node.id} must be one of its two inputs.")
    stage = node.inputs[node.input_ids.index(source)]
    (frame,) = (each for each in node.inputs if each != stage)
    keys = [dotted(path) for path in node.members["PrimaryKeys"]]
    text = call(
        f"{frame}.mergeDynamicFrame", stage_dynamic_frame=stage, primary_keys=keys, transformation_ctx=node.variable
    )
    return Part([f"{node.variable} = {text}"])


def drop_duplicates(node: Node) -> Part:
    """DropDuplicates."""
    columns = [dotted(path) for path in node.members.get("Columns") or []]
    distinct = f"{node.input}.toDF().dropDuplicates({literal(columns) if columns else ''})"
    return _from_df(node, distinct)


def spark_sql(node: Node) -> Part:
    """SparkSQL."""
    query = f"SqlQuery{re.sub(r'[^0-9]', '', node.id)}"
    names = dict(zip(node.input_ids, node.inputs, strict=True))
    try:
        aliases = {alias["Alias"]: names[alias["From"]] for alias in node.members["SqlAliases"]}
    except KeyError as error:
        raise InvalidInputException(f"SqlAliases of node {node.id} names {error}, which is not an input.") from None
    sql = node.members["SqlQuery"].replace("\\", "\\\\").replace("'''", "\\'\\'\\'")
    part = _helper(node, "sparkSqlQuery", query=Code(query), mapping=aliases)
    return Part([f"{query} = '''\n{sql}\n'''", *part.lines], part.helpers)


def union(node: Node) -> Part:
    """Union."""
    first, second = node.inputs
    mapping = {"source1": first, "source2": second}
    return _helper(node, "sparkUnion", unionType=node.members["UnionType"], mapping=mapping)


def join(node: Node) -> Part:
    """Join."""
    columns = {column["From"]: [dotted(path) for path in column["Keys"]] for column in node.members["Columns"]}
    if set(columns) != set(node.input_ids):
        raise InvalidInputException(f"Columns of node {node.id} must name its two inputs.")
    first, second = node.inputs
    keys1, keys2 = (columns[input_id] for input_id in node.input_ids)
    kind = node.members["JoinType"]
    if kind == "equijoin":
        return _apply(node, "Join", frame1=first, frame2=second, keys1=keys1, keys2=keys2)
    left, right = f"{first}DF", f"{second}DF"
    condition = " & ".join(
        f"({left}[{literal(a)}] == {right}[{literal(b)}])" for a, b in zip(keys1, keys2, strict=True)
    )
    part = _from_df(node, f"{left}.join({right}, {condition}, {literal(kind)})")
    return Part([f"{left} = {first}.toDF()", f"{right} = {second}.toDF()", *part.lines], part.helpers)


def _apply(node: Node, transform: str, **arguments: Any) -> Part:
    text = call(f"{transform}.apply", **arguments, transformation_ctx=node.variable)
    return Part([f"{node.variable} = {text}"])


def _helper(node: Node, function: str, **arguments: Any) -> Part:
    """A call of one of the helpers that the script itself defines."""
    text = call(function, glueContext=Code("glueContext"), **arguments, transformation_ctx=node.variable)
    text = text.replace("    glueContext=glueContext,", "    glueContext,", 1)
    return Part([f"{node.variable} = {text}"], frozenset({function}))


def _from_df(node: Node, expression: str) -> Part:
    text = f"DynamicFrame.fromDF(\n    {expression},\n    glueContext,\n    {literal(node.variable)},\n)"
    return Part([f"{node.variable} = {text}"], frozenset({"DynamicFrame"}))
