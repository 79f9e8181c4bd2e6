import datetime
import time

from sdk.sandbox import SandboxCase, frame
from titan_rdm_sdk import (
    EXPORT_SYSTEM_COLUMNS,
    HIGH_DATE,
    APIError,
    ExportFailedError,
    ExportNotReadyError,
    ValidationError,
    prepare_export_for_import,
)


class Exports(SandboxCase):
    """The table has: a, changed once; b, untouched; c, deleted; d, new. The mark lies before the changes."""

    def setUp(self):
        super().setUp()
        self.send(frame(("a", "one", 1, True), ("b", "two", 2, False), ("c", "three", 3, None)))
        self.mark = datetime.datetime.now(datetime.timezone.utc)
        time.sleep(0.01)
        delta = frame(("a", "ONE", 1, True), ("c", "three", 3, None), ("d", "four", 4, True))
        delta["trdm_tran_code"] = ["u", "d", "i"]
        self.send(delta, "incremental_with_delete")

    def start(self, **options):
        return self.client.get_download(self.branch.id, self.items.key, **options)

    def receive(self, **options):
        download = self.start(**options)
        download.wait_until_ready(poll_interval=0.02)
        return download.receive()

    def versions(self, data):
        codes = data["trdm_tran_code"].fillna("")
        return sorted(zip(data["code"], data["name"], codes, data["trdm_state"]))

    def test_full_holds_the_current_versions_of_live_records(self):
        data = self.receive()
        self.assertEqual(list(data.columns), ["code", "name", "amount", "active", *EXPORT_SYSTEM_COLUMNS])
        self.assertEqual(self.versions(data), [("a", "ONE", "", "C"), ("b", "two", "", "C"), ("d", "four", "", "C")])
        self.assertEqual(set(data["trdm_effective_to"]), {HIGH_DATE})
        self.assertEqual(set(data["trdm_actor_type"]), {"I"})

    def test_full_with_history_holds_every_version(self):
        self.assertEqual(
            self.versions(self.receive(include_history=True)),
            [
                ("a", "ONE", "u", "C"),
                ("a", "one", "i", "H"),
                ("b", "two", "i", "C"),
                ("c", "three", "d", "C"),
                ("c", "three", "i", "H"),
                ("d", "four", "i", "C"),
            ],
        )

    def test_incremental_holds_what_was_touched_since_the_mark(self):
        touched = [("a", "ONE", "u", "C"), ("c", "three", "d", "C"), ("d", "four", "i", "C")]
        for mark in (self.mark, self.mark.isoformat(), self.mark.isoformat().replace("+00:00", "Z")):
            self.assertEqual(self.versions(self.receive(pattern="incremental", high_water_mark=mark)), touched)
        elsewhere = self.mark.astimezone(datetime.timezone(datetime.timedelta(hours=10)))
        self.assertEqual(self.versions(self.receive(pattern="incremental", high_water_mark=elsewhere)), touched)

    def test_incremental_with_history_holds_every_version_since_the_mark(self):
        self.send(frame(("a", "Ein", 1, True)), "incremental")
        data = self.receive(pattern="incremental", high_water_mark=self.mark, include_history=True)
        self.assertEqual(
            self.versions(data),
            [("a", "Ein", "u", "C"), ("a", "ONE", "u", "H"), ("c", "three", "d", "C"), ("d", "four", "i", "C")],
        )

    def test_a_mark_in_the_future_leaves_nothing(self):
        self.assertEqual(len(self.receive(pattern="incremental", high_water_mark="2199-01-01")), 0)

    def test_booleans_are_read_in_both_spellings(self):
        for spelling in ("true/false", "t/f"):
            self.settings(booleans=spelling)
            data = self.receive(include_history=True)
            deleted = data[data["trdm_is_deleted"].astype(bool)]
            self.assertEqual(list(deleted["code"]), ["c"])

    def test_user_booleans_are_read_when_they_are_named(self):
        download = self.start()
        download.wait_until_ready(poll_interval=0.02)
        data = download.receive(bool_columns=["active"]).set_index("code")
        self.assertIs(bool(data.loc["a", "active"]), True)

    def test_the_state_is_polled_until_it_is_ready(self):
        self.settings(exportDelayMs=400)
        download = self.start(correlation_code="run 7")
        self.assertEqual((download.status, download.is_ready), ("created", False))
        with self.assertRaises(ExportNotReadyError):
            download.receive()
        self.assertEqual(download.wait_until_ready(poll_interval=0.05), "completed")
        self.assertEqual((download.rows_exported, download.files_exported), (3, 1))
        self.assertGreater(download.bytes_exported, 0)
        self.assertEqual(download.correlation_code, "run 7")

    def test_older_servers_say_ready(self):
        self.settings(finishedExportStatus="ready")
        self.assertEqual(len(self.receive()), 3)

    def test_waiting_has_an_end(self):
        self.faults({"kind": "exportNeverEnds", "match": {"route": "exports.new"}})
        with self.assertRaises(TimeoutError):
            self.start().wait_until_ready(poll_interval=0.02, max_wait=0.1)

    def test_a_failed_export_says_why(self):
        self.faults({"kind": "exportFailed", "message": "no space left", "match": {"route": "exports.new"}})
        with self.assertRaisesRegex(ExportFailedError, "no space left"):
            self.start().wait_until_ready(poll_interval=0.02)

    def test_an_address_that_has_expired_is_an_api_error(self):
        self.settings(signedUrlTtlSeconds=-1)
        with self.assertRaises(APIError):
            self.receive()

    def test_a_tenant_without_incremental_exports_refuses_them(self):
        self.settings(refuseIncremental=True)
        with self.assertRaises(APIError) as caught:
            self.start(pattern="incremental", high_water_mark=self.mark)
        self.assertEqual(caught.exception.status_code, 422)

    def test_bad_parameters_never_reach_the_server(self):
        for options in ({"pattern": "some"}, {"pattern": "incremental"}, {"high_water_mark": "soon"}):
            with self.assertRaises(ValidationError):
                self.start(**options)

    def test_an_unknown_table_is_an_api_error(self):
        with self.assertRaises(APIError):
            self.client.get_download(self.branch.id, "no-such-key")

    def test_an_export_goes_back_in(self):
        copy = self.define("Copy", [{"name": name, "primaryKey": name == "code"} for name in ("code", "name", "amount", "active")])
        whole = prepare_export_for_import(self.receive(), keep_tran_code=False)
        _, result = self.send(whole, "full", copy)
        self.assertEqual((result.status, result.insert_row_count), ("completed", 3))
        self.send(frame(("a", "again", 1, True)), "incremental")
        delta = prepare_export_for_import(self.receive(pattern="incremental", high_water_mark=self.mark))
        _, result = self.send(delta, "incremental_with_delete", copy)
        self.assertEqual((result.status, result.update_row_count), ("completed", 1))
        self.assertEqual({row["code"]: row["name"] for row in self.rows(copy)}, {"a": "again", "b": "two", "d": "four"})
