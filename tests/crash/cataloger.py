"""Makes tables with partitions in the catalog, through crashes."""

from typing import Any

COLUMNS = [{"Name": f"column_{index}", "Type": "string"} for index in range(20)]


class Cataloger:
    """Makes tables, one after the other, each with a partition, and changes some of them."""

    def __init__(self, glue: Any, database: str) -> None:
        self.tables: set[str] = set()
        self.partitions: set[str] = set()
        self.described: dict[str, str] = {}
        self._glue = glue
        self._database = database
        self._number = 0

    def step(self) -> None:
        """One table of many columns, one partition of it, and one change of the table."""
        self._number += 1
        name = f"table_{self._number}"
        keys = [{"Name": "day", "Type": "string"}]
        table = {"Name": name, "PartitionKeys": keys, "StorageDescriptor": {"Columns": COLUMNS}}
        self._glue.create_table(DatabaseName=self._database, TableInput=table)
        self.tables.add(name)
        partition = {"Values": ["1"], "StorageDescriptor": {"Columns": COLUMNS}}
        self._glue.create_partition(DatabaseName=self._database, TableName=name, PartitionInput=partition)
        self.partitions.add(name)
        self._glue.update_table(DatabaseName=self._database, TableInput={**table, "Description": "changed"})
        self.described[name] = "changed"

    def check(self) -> None:
        """Everything that was acknowledged is there, and every table is whole."""
        pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=self._database, Expression="table_.*")
        tables = {table["Name"]: table for page in pages for table in page["TableList"]}
        assert self.tables, "no load"
        assert self.tables <= tables.keys(), "acknowledged tables are missing"
        for name, table in tables.items():
            assert len(table["StorageDescriptor"]["Columns"]) == len(COLUMNS), name
            assert table.get("Description") in {None, self.described.get(name, "changed")}, name
            found = self._glue.get_partitions(DatabaseName=self._database, TableName=name)["Partitions"]
            assert len(found) == 1 or name not in self.partitions, name
            assert all(len(partition["StorageDescriptor"]["Columns"]) == len(COLUMNS) for partition in found)
        for name in self.described:
            assert tables[name]["Description"] == "changed", name
