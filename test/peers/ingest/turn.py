"""One turn of the real pg-bulk-ingest: the job comes as JSON on stdin, what happened goes as JSON to stdout.

Job: url, schema, table, columns [[name, type, is_key], ...], batches [[high watermark, rows], ...], high_watermark (optional), delete (optional).
"""

import json
import sys

import sqlalchemy as sa
from pg_bulk_ingest import ingest
from sqlalchemy.dialects import postgresql as pg

TYPES = {
    "INTEGER": sa.INTEGER,
    "BIGINT": sa.BIGINT,
    "TEXT": sa.TEXT,
    "VARCHAR": sa.VARCHAR,
    "JSONB": pg.JSONB,
    "TIMESTAMP WITH TIME ZONE": lambda: sa.TIMESTAMP(timezone=True),
}

job = json.load(sys.stdin)
metadata = sa.MetaData()
table = sa.Table(
    job["table"],
    metadata,
    *(sa.Column(name, TYPES[type_](), primary_key=is_key) for name, type_, is_key in job["columns"]),
    schema=job["schema"],
)
received = []


def batches(high_watermark):
    received.append(high_watermark)
    for mark, rows in job["batches"]:
        yield mark, None, ((table, tuple(row)) for row in rows)


options = {name: job[name] for name in ("high_watermark", "delete") if name in job}
engine = sa.create_engine(job["url"].replace("postgres://", "postgresql+psycopg2://").replace("postgresql://", "postgresql+psycopg2://"))
with engine.connect() as connection:
    ingest(connection, metadata, batches, **options)
engine.dispose()
print(json.dumps({"received": received}))
