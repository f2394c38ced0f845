"""`df.writeTo`: Iceberg tables made, appended to, and overwritten, as Spark's DataFrameWriterV2 does."""

import re
from typing import Any

from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, TableAlreadyExistsError
from pyiceberg.io.pyarrow import schema_to_pyarrow

from afluente.services.glue.job.runtime import data_frame
from afluente.services.glue.job.runtime.iceberg.lake import lake
from afluente.services.glue.job.runtime.iceberg.rows import arrow_of, fitting
from afluente.services.glue.job.runtime.run import current
from afluente.services.glue.job.runtime.spark.error import AnalysisException

TRANSFORM = re.compile(r"(?i)(?:(year|month|day|hour)s?\(\s*)?[`\"]?(\w+)[`\"]?\)?")
ICEBERG = "iceberg"


class TableWriter:
    """A writer of the rows of `frame` to the table `name`: `catalog.database.table` or `database.table`."""

    def __init__(self, frame: Any, name: str) -> None:
        self._query, _ = data_frame.query_of(frame)
        *_, self._database, self._name = ["default", *name.replace("`", "").split(".")]
        self._properties: dict[str, str] = {}
        self._partitions: list[tuple[str, str]] = []

    def using(self, provider: str) -> "TableWriter":
        """The table's format, which must be Iceberg."""
        if provider.lower() != ICEBERG:
            raise NotImplementedError(f"df.writeTo: the provider {provider!r} is not supported; iceberg is")
        return self

    def tableProperty(self, property: str, value: str) -> "TableWriter":
        """A property of the table; `location` and `format-version` are among them."""
        self._properties[property] = value
        return self

    def option(self, key: str, value: Any) -> "TableWriter":
        """Not supported."""
        raise NotImplementedError(f"df.writeTo: the option {key} is not supported")

    def partitionedBy(self, col: Any, *cols: Any) -> "TableWriter":
        """The columns, or `years`, `months`, `days` or `hours` of them, that a new table is partitioned by."""
        for each in (col, *cols):
            text = _text_of(each)
            found = TRANSFORM.fullmatch(text)
            if found is None:
                raise NotImplementedError(f"df.writeTo: partitions by {text} are not supported")
            self._partitions.append((found[1].lower() if found[1] else "identity", found[2]))
        return self

    def create(self) -> None:
        """Make the table with these rows, in one commit. Raises AnalysisException when there is one."""
        arrow = arrow_of(self._query)
        location = self._properties.pop("location", None)
        try:
            with lake(_warehouse()).create_table_transaction(
                (self._database, self._name), arrow.schema, location, properties=self._properties
            ) as transaction:
                self._fill(transaction, arrow)
        except (TableAlreadyExistsError, CommitFailedException):  # its one requirement is that there is no table
            raise AnalysisException(
                f"[TABLE_OR_VIEW_ALREADY_EXISTS] Cannot create table `{self._database}`.`{self._name}` because it "
                "already exists."
            ) from None

    def _fill(self, transaction: Any, arrow: Any) -> None:
        if self._partitions:
            with transaction.update_spec() as spec:
                for transform, column in self._partitions:
                    spec.add_field(column, transform)
        if arrow.num_rows:
            schema = schema_to_pyarrow(transaction.table_metadata.schema(), include_field_ids=False)
            transaction.append(arrow.cast(schema))

    def append(self) -> None:
        """Add the rows to the table. Raises AnalysisException when there is none."""
        table = self._table()
        table.append(fitting(self._query, table))

    def overwritePartitions(self) -> None:
        """Put the rows in the place of those in the same partitions."""
        table = self._table()
        table.dynamic_partition_overwrite(fitting(self._query, table))

    def createOrReplace(self) -> None:
        """Make the table, or put these rows in the place of all of its rows; its columns must stay the same ones."""
        try:
            table = lake().load_table((self._database, self._name))
        except NoSuchTableError:
            self.create()
            return
        names = {name.lower() for name in arrow_of(f"SELECT * FROM ({self._query}) LIMIT 0").schema.names}
        if names != {field.name.lower() for field in table.schema().fields} or self._partitions:
            raise NotImplementedError("df.writeTo: replacing a table by one of other columns or partitions")
        table.overwrite(fitting(self._query, table))

    replace = createOrReplace

    def _table(self) -> Any:
        return loaded(self._database, self._name)


def loaded(database: str, name: str) -> Any:
    """The table as it is now. Raises AnalysisException when there is none."""
    try:
        return lake().load_table((database, name))
    except NoSuchTableError:
        raise AnalysisException(
            f"[TABLE_OR_VIEW_NOT_FOUND] The table or view `{database}`.`{name}` cannot be found."
        ) from None


def _text_of(column: Any) -> str:
    """A column as SQL; Apache Spark shows it as `Column<'days(at)'>`."""
    if isinstance(column, str):
        return column.strip()
    if current().on_spark:
        return str(column).removeprefix("Column<'").removesuffix("'>")
    return str(column.sql(dialect="spark"))


def append(query: str, table: Any) -> None:
    """Add the rows of a query to a table."""
    table.append(fitting(query, table))


def replace(query: str, table: Any) -> None:
    """Put the rows of a query in the place of all that the table has, in one commit.

    Raises CommitFailedException when someone has changed the table since `table` was loaded: the rows may be of then.
    """
    table.overwrite(fitting(query, table))


def _warehouse() -> str | None:
    """Where the session's settings say that new tables lie."""
    session = data_frame.session()
    pairs = dict(session.sparkContext.getConf().getAll())
    if not current().on_spark:
        pairs |= session.conf.values
    return next(
        (value for name, value in pairs.items() if re.fullmatch(r"spark\.sql\.catalog\.\w+\.warehouse", name)), None
    )
