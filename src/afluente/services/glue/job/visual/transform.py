"""Transform nodes."""

import re
from typing import Any

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.glue.error import InvalidInputException
from afluente.services.glue.job.visual.node import Node, Part
from afluente.services.glue.job.visual.text import Code, call, dotted, literal

COMPARISONS = {"EQ": "==", "LT": "<", "GT": ">", "LTE": "<=", "GTE": ">="}
NUMBER = re.compile(r"-?\d+(\.\d+)?")


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
    """DropNullFields."""
    checks = node.members.get("NullCheckBoxList", {})
    for name in ("IsEmpty", "IsNullString", "IsNegOne"):
        if checks.get(name):
            raise Unsupported(f"DropNullFields.NullCheckBoxList.{name} of node {node.id} is not supported")
    node.refuse("NullTextList")
    return _apply(node, "DropNullFields", frame=node.input)


def drop_duplicates(node: Node) -> Part:
    """DropDuplicates."""
    columns = [dotted(path) for path in node.members.get("Columns") or []]
    distinct = f"{node.input}.toDF().dropDuplicates({literal(columns) if columns else ''})"
    return _from_df(node, distinct)


def filter_rows(node: Node) -> Part:
    """Filter."""
    words = {"AND": " and ", "OR": " or "}
    condition = words[node.members["LogicalOperator"]].join(_condition(each) for each in node.members["Filters"])
    helpers = frozenset({"re"}) if "re.match" in condition else frozenset()
    part = _apply(node, "Filter", frame=node.input, f=Code(f"lambda row: ({condition})"))
    return Part(part.lines, helpers)


def _condition(entry: dict[str, Any]) -> str:
    values = entry["Values"]
    left, *rest = (_operand(value) for value in values)
    operation = entry["Operation"]
    if operation == "ISNULL":
        text = f"{left} == None"
    elif not rest:
        raise InvalidInputException(f"Filter operation {operation} needs two values.")
    elif operation == "REGEX":
        text = f"bool(re.match({literal(values[1]['Value'][0])}, {left}))"
    else:
        text = f"{left} {COMPARISONS[operation]} {rest[0]}"
    return f"(not({text}))" if entry.get("Negated") else f"({text})"


def _operand(value: dict[str, Any]) -> str:
    if value["Type"] == "COLUMNEXTRACTED":
        return "row" + "".join(f"[{literal(part)}]" for part in value["Value"])
    text = value["Value"][0]
    return text if NUMBER.fullmatch(text) else literal(text)


def spark_sql(node: Node) -> Part:
    """SparkSQL."""
    query = f"SqlQuery{re.sub(r'[^0-9]', '', node.id)}"
    names = dict(zip(node.input_ids, node.inputs, strict=True))
    try:
        aliases = {alias["Alias"]: names[alias["From"]] for alias in node.members["SqlAliases"]}
    except KeyError as error:
        raise InvalidInputException(f"SqlAliases of node {node.id} names {error}, which is not an input.") from None
    sql = node.members["SqlQuery"].replace("\\", "\\\\").replace("'''", "\\'\\'\\'")
    text = call(
        "sparkSqlQuery",
        glueContext=Code("glueContext"),
        query=Code(query),
        mapping=aliases,
        transformation_ctx=node.variable,
    ).replace("    glueContext=glueContext,", "    glueContext,")
    return Part([f"{query} = '''\n{sql}\n'''", f"{node.variable} = {text}"], frozenset({"sparkSqlQuery"}))


def union(node: Node) -> Part:
    """Union."""
    first, second = node.inputs
    text = call(
        "sparkUnion",
        glueContext=Code("glueContext"),
        unionType=node.members["UnionType"],
        mapping={"source1": first, "source2": second},
        transformation_ctx=node.variable,
    ).replace("    glueContext=glueContext,", "    glueContext,")
    return Part([f"{node.variable} = {text}"], frozenset({"sparkUnion"}))


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


def _from_df(node: Node, expression: str) -> Part:
    text = f"DynamicFrame.fromDF(\n    {expression},\n    glueContext,\n    {literal(node.variable)},\n)"
    return Part([f"{node.variable} = {text}"], frozenset({"DynamicFrame"}))
