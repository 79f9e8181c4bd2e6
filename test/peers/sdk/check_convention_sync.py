import sys
import types

import pandas as pd
from sdk.sandbox import SandboxCase, control, frame
from titan_rdm_sdk import BigQuerySync, ConventionSync, SnowparkSync, SparkSync, ValidationError

ITEMS = frame(("a", "one", 1, True), ("b", "two", 2, False))
NOTES = pd.DataFrame({"id": [1, 2, 3], "text": ["x", "y", None]})


class SyncCase(SandboxCase):
    def setUp(self):
        super().setUp()
        self.keys = {"items": f"{self.abbreviation}_items", "notes": f"{self.abbreviation}_notes"}
        self.frames = {self.keys["items"]: ITEMS, self.keys["notes"]: NOTES}

    def applied(self):
        control("POST", "idle")
        return (len(self.rows(self.items)), len(self.rows(self.notes)))

    def statuses(self, results):
        for result in results:
            self.assertEqual(result["domain"], self.domain_name)
        return [(result["table"], result["rows"], result["status"]) for result in results]


class Uploads(SyncCase):
    def upload(self, frames, **more):
        return self.statuses(
            ConventionSync(self.client).upload_by_convention(self.branch.id, self.domain_name, frames, **more)
        )

    def test_send_every_table_in_one_import(self):
        before = control("GET", "requests")["counts"].get("imports.new", 0)
        self.assertEqual(self.upload(self.frames), [("items", 2, "success"), ("notes", 3, "success")])
        self.assertEqual(control("GET", "requests")["counts"]["imports.new"], before + 1)
        self.assertEqual(self.applied(), (2, 3))

    def test_skip_what_is_absent_or_empty(self):
        frames = {self.keys["notes"]: NOTES.head(0)}
        self.assertEqual(self.upload(frames), [("items", 0, "skipped (no source data)"), ("notes", 0, "skipped (empty)")])

    def test_take_the_tables_that_are_named(self):
        self.assertEqual(self.upload(self.frames, table_names=["Notes"]), [("notes", 3, "success")])

    def test_take_every_pattern(self):
        self.upload(self.frames)
        delta = {self.keys["items"]: ITEMS.head(1).assign(trdm_tran_code="d")}
        self.assertEqual(self.upload(delta, pattern="incremental_with_delete")[0], ("items", 1, "success"))
        self.assertEqual(self.applied(), (1, 3))
        self.upload({self.keys["items"]: ITEMS}, pattern="incremental_upsert_only")
        self.assertEqual(self.applied(), (2, 3))

    def test_complete_the_others_when_a_table_fails(self):
        match = {"route": "import_tables.new", "table": self.keys["items"]}
        self.faults({"kind": "status", "status": 500, "message": "out of order", "match": match})
        results = self.upload(self.frames)
        self.assertEqual(results[0][:2], ("items", 0))
        self.assertRegex(results[0][2], "^error: .*out of order")
        self.assertEqual(results[1], ("notes", 3, "success"))
        self.assertEqual(self.applied(), (0, 3))

    def test_leave_out_a_table_whose_file_was_refused(self):
        repeated = {**self.frames, self.keys["items"]: pd.concat([ITEMS, ITEMS])}
        results = self.upload(repeated)
        self.assertRegex(results[0][2], "^error: .*Duplicate")
        self.assertEqual(self.applied(), (0, 3))

    def test_need_a_domain_that_exists(self):
        with self.assertRaises(ValidationError):
            ConventionSync(self.client).upload_by_convention(self.branch.id, "nowhere", self.frames)


class Downloads(SyncCase):
    def setUp(self):
        super().setUp()
        sync = ConventionSync(self.client)
        sync.upload_by_convention(self.branch.id, self.domain_name, self.frames)
        control("POST", "idle")

    def download(self, **more):
        results, frames = ConventionSync(self.client).download_by_convention(
            self.branch.id, self.domain_name, poll_interval=0.02, **more
        )
        return self.statuses(results), frames

    def test_bring_every_table_under_its_convention_key(self):
        results, frames = self.download()
        self.assertEqual(results, [("items", 2, "success"), ("notes", 3, "success")])
        self.assertEqual(set(frames), set(self.keys.values()))
        self.assertEqual(list(frames[self.keys["notes"]]["id"]), [1, 2, 3])

    def test_bring_deltas_with_history(self):
        results, frames = self.download(pattern="incremental", high_water_mark="2020-01-01", include_history=True)
        self.assertEqual(results, [("items", 2, "success"), ("notes", 3, "success")])
        self.assertEqual(set(frames[self.keys["items"]]["trdm_tran_code"]), {"i"})

    def test_take_the_tables_that_are_named(self):
        results, frames = self.download(table_names=["Items"], correlation_code="run 7")
        self.assertEqual((results, list(frames)), ([("items", 2, "success")], [self.keys["items"]]))

    def test_bring_the_others_when_a_table_fails(self):
        match = {"route": "exports.new", "table": self.keys["items"]}
        self.faults({"kind": "exportFailed", "message": "no space left", "match": match})
        results, frames = self.download()
        self.assertEqual(results, [("items", 0, "error: Export failed: no space left"), ("notes", 3, "success")])
        self.assertEqual(list(frames), [self.keys["notes"]])


class Catalogue:
    """Stands in for Spark, Snowpark and BigQuery: tables by name, as far as the SDK asks for them."""

    project = "project"

    def __init__(self, tables):
        self.tables = tables
        self.written = {}

    # Reading.
    def sql(self, statement):
        name = statement.split()[-1]
        if name not in self.tables:
            raise LookupError(name)
        return types.SimpleNamespace(collect=list)

    def table(self, name):
        data = self.tables[name]
        return types.SimpleNamespace(toPandas=lambda: data, to_pandas=lambda: data)

    def get_table(self, name):
        if name not in self.tables:
            raise sys.modules["google.cloud.exceptions"].NotFound(name)

    def query(self, statement):
        data = self.tables[statement.split("`")[1]]
        return types.SimpleNamespace(to_dataframe=lambda: data)

    # Writing.
    def create_dataframe(self, data):
        def save(name):
            self.written[name] = data

        writer = types.SimpleNamespace(saveAsTable=save, save_as_table=save)
        writer.mode = writer.option = lambda *_: writer
        return types.SimpleNamespace(write=writer)

    createDataFrame = create_dataframe

    def load_table_from_dataframe(self, data, name, job_config):
        self.written[name] = data
        return types.SimpleNamespace(result=lambda: job_config)


class Platforms(SyncCase):
    def there_and_back(self, make, up, down, prefix):
        source = Catalogue({f"{prefix}.{key}": data for key, data in self.frames.items()})
        results = make(source).upload_sync_by_convention(self.branch.id, *up, self.domain_name)
        self.assertEqual(self.statuses(results), [("items", 2, "success"), ("notes", 3, "success")])
        self.assertEqual(self.applied(), (2, 3))
        target = Catalogue({})
        results = make(target).download_sync_by_convention(self.branch.id, *down, self.domain_name, poll_interval=0.02)
        self.assertEqual(self.statuses(results), [("items", 2, "success"), ("notes", 3, "success")])
        self.assertEqual(set(target.written), {f"{prefix}.{key}" for key in self.frames})

    def test_spark(self):
        self.there_and_back(lambda spark: SparkSync(self.client, spark), ["cat", "sch"], ["cat", "sch"], "cat.sch")

    def test_snowpark(self):
        self.there_and_back(lambda session: SnowparkSync(self.client, session), ["db", "sch"], ["db", "sch"], "db.sch")

    def test_bigquery(self):
        # The SDK asks Google's packages for an exception and two settings, and for nothing that goes to TitanRDM.
        bigquery = types.ModuleType("google.cloud.bigquery")
        bigquery.LoadJobConfig = lambda write_disposition: write_disposition
        bigquery.WriteDisposition = types.SimpleNamespace(WRITE_TRUNCATE="WRITE_TRUNCATE")
        exceptions = types.ModuleType("google.cloud.exceptions")
        exceptions.NotFound = type("NotFound", (Exception,), {})
        modules = {"google": types.ModuleType("google"), "google.cloud": types.ModuleType("google.cloud")}
        modules.update({"google.cloud.bigquery": bigquery, "google.cloud.exceptions": exceptions})
        before = {name: sys.modules.get(name) for name in modules}
        sys.modules.update(modules)
        try:
            self.there_and_back(lambda client: BigQuerySync(self.client, None, client), ["set"], ["set"], "project.set")
        finally:
            for name, module in before.items():
                if module is None:
                    del sys.modules[name]
                else:
                    sys.modules[name] = module
