"""What sqlglot's own translation to DuckDB gets wrong for Athena, put right: generators of SQL text, by construct.

They rely on the sandbox's settings (`integer_division`, UTC, NULLS LAST) and macros (`athena_*`), and on the types that
the binder left at the nodes. `duck.py` has the table of them.
"""
