"""The formats of tables: each reader puts a table's files into a DuckDB relation, by its SerDe's rules."""
