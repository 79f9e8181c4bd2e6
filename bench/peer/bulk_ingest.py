"""Drives the real pg-bulk-ingest as its user would, for comparison. The last line of standard output is one JSON object.

Seconds count from connecting to the return of `ingest`, which has committed: starting Python and importing are left out.
"""

import csv
import json
import sys
import time
from datetime import datetime
from decimal import Decimal

import pyarrow
import pyarrow.parquet
import sqlalchemy as sa
from pg_bulk_ingest import ingest
from sqlalchemy.dialects import postgresql

from memory import peak_rss_megabytes

FIRST_ID = 4_000_000_000


def table_of(job):
    key = job["key"]
    columns = {
        "id": sa.Column("id", sa.BIGINT, primary_key=key, autoincrement=False),
        "note": sa.Column("note", sa.TEXT),
        "amount": sa.Column("amount", sa.NUMERIC),
        "changed_at": sa.Column("changed_at", sa.TIMESTAMP(timezone=True)),
        "active": sa.Column("active", sa.BOOLEAN),
        "name": sa.Column("name", sa.TEXT),
        "attributes": sa.Column("attributes", postgresql.JSONB),
    }
    if job["source"] == "arrow":
        # What loads Arrow knows no numeric.
        del columns["amount"]
    return sa.Table(job["table"], sa.MetaData(), *columns.values(), schema=job["schema"])


def csv_rows(path, table):
    """Text as it stands goes into every column; for JSON the library wants the value."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        next(reader)
        for id_, note, amount, changed_at, active, name, attributes in reader:
            yield table, (id_, note or None, amount, changed_at, active, name, json.loads(attributes))


def parquet_rows(path, table):
    for batch in pyarrow.parquet.ParquetFile(path).iter_batches():
        columns = [column.to_pylist() for column in batch.columns]
        for *values, attributes in zip(*columns):
            yield table, (*values, json.loads(attributes))


def arrow_batches(path, table):
    """Record batches as they are in the file, but for the numeric column."""
    file = pyarrow.parquet.ParquetFile(path)
    names = [column.name for column in table.columns]
    schema = pyarrow.schema([file.schema_arrow.field(name) for name in names])
    yield table, pyarrow.RecordBatchReader.from_batches(schema, file.iter_batches(columns=names))


def pooled_rows(job, table):
    """Values as Python has them. The pool is made before the time begins, as it is for us."""
    with open(job["pool"], encoding="utf-8") as file:
        pool = [
            (note, Decimal(amount), datetime.fromisoformat(changed_at.replace("Z", "+00:00")), active, name, attributes)
            for note, amount, changed_at, active, name, attributes in json.load(file)
        ]
    size = len(pool)
    return ((table, (FIRST_ID + row, *pool[row % size])) for row in range(job["rows"]))


def rows_by_batch(job, table):
    source = job["source"]
    if source == "rows":
        return [pooled_rows(job, table)]
    read = {"csv": csv_rows, "parquet": parquet_rows, "arrow": arrow_batches}[source]
    return (read(path, table) for path in job["files"])


def main():
    job = json.load(sys.stdin)
    driver = "pgarrow" if job["source"] == "arrow" else "psycopg"
    table = table_of(job)
    prepared = rows_by_batch(job, table)

    def batches(_high_watermark):
        for number, rows in enumerate(prepared, start=1):
            yield number, None, rows

    engine = sa.create_engine(job["url"].replace("postgres://", f"postgresql+{driver}://"))
    began = time.perf_counter()
    with engine.connect() as connection:
        ingest(connection, table.metadata, batches)
    seconds = time.perf_counter() - began
    engine.dispose()
    print(json.dumps({"seconds": seconds, "rows": job["rows"], "peakRssMegabytes": peak_rss_megabytes()}))


main()
