from sdk.sandbox import SandboxCase, control, frame, processed
from titan_rdm_sdk import APIError, ImportPattern, UploadError, ValidationError

THREE = frame(("a", "one", 1, True), ("b", "two", None, False), ("c", "three", 3, None))


def counts(result):
    return (result.insert_row_count, result.update_row_count, result.delete_row_count)


class OneImport(SandboxCase):
    def test_carries_its_description_and_code_and_is_applied_after_complete(self):
        upload = self.client.get_upload(self.branch.id, description="nightly", correlation_code="run 7")
        self.assertEqual((upload.status, upload.description, upload.correlation_code), ("created", "nightly", "run 7"))
        sent = self.new_table_upload(upload, correlation_code="run 7 items")
        self.assertEqual(sent.primary_key_columns, ["code"])
        self.assertEqual((sent.status, sent.correlation_code), ("created", "run 7 items"))
        sent.send(THREE)
        self.assertEqual(sent.status, "uploaded")
        self.assertEqual(self.rows(self.items), [])
        self.assertEqual([result.status for result in upload.get_results()], ["uploaded"])
        upload.complete("all there")
        self.assertEqual(upload.message, "all there")
        (result,) = processed(upload)
        self.assertEqual((upload.status, upload.insert_row_count), ("completed", 3))
        self.assertEqual((result.status, counts(result)), ("completed", (3, 0, 0)))
        self.assertEqual((result.table_definition_key, result.table_definition_name), (self.items.key, "Items"))
        self.assertTrue(result.file_size and result.duration_secs and result.start_datetime and result.actions)
        self.assertEqual(
            self.rows(self.items),
            [
                {"code": "a", "name": "one", "amount": "1.0", "active": "True"},
                {"code": "b", "name": "two", "amount": None, "active": "False"},
                {"code": "c", "name": "three", "amount": "3.0", "active": None},
            ],
        )

    def test_holds_several_tables(self):
        upload = self.client.get_upload(self.branch.id)
        self.new_table_upload(upload, self.items).send(THREE)
        self.new_table_upload(upload, self.notes).send(THREE.assign(id=[1, 2, 3], text="x")[["id", "text"]])
        results = processed(upload.complete())
        self.assertEqual([(r.table_definition_name, counts(r)) for r in results], [("Items", (3, 0, 0)), ("Notes", (3, 0, 0))])

    def test_can_be_completed_once_only(self):
        upload = self.client.get_upload(self.branch.id).complete()
        with self.assertRaises(APIError) as caught:
            upload.complete()
        self.assertEqual(caught.exception.status_code, 422)

    def test_needs_a_branch_that_exists(self):
        with self.assertRaises(APIError):
            self.client.get_upload(987654)


class Patterns(SandboxCase):
    def setUp(self):
        super().setUp()
        self.send(THREE)

    def names(self):
        return {row["code"]: row["name"] for row in self.rows(self.items)}

    def test_full_replaces_the_table(self):
        _, result = self.send(frame(("a", "ONE", 1, True), ("d", "four", 4, True)), "full")
        self.assertEqual(counts(result), (1, 1, 2))
        self.assertEqual(self.names(), {"a": "ONE", "d": "four"})

    def test_upserts_keep_the_rest(self):
        for number, pattern in enumerate(("incremental_upsert_only", "incremental", ImportPattern.INCREMENTAL_UPSERT_ONLY)):
            _, result = self.send(frame(("a", f"ONE {number}", 1, True), (f"d{number}", "four", 4, True)), pattern)
            self.assertEqual(counts(result), (1, 1, 0))
        self.assertEqual(self.names()["c"], "three")

    def test_deletes_are_stated_row_by_row(self):
        delta = frame(("a", "one", 1, True), ("b", "TWO", 2, True), ("d", "four", 4, True))
        delta["trdm_tran_code"] = [" D", "u", "I "]
        _, result = self.send(delta, "incremental_with_delete")
        self.assertEqual((result.pattern, counts(result)), ("incremental_with_delete", (1, 1, 1)))
        self.assertEqual(self.names(), {"b": "TWO", "c": "three", "d": "four"})


class RulesOfTheServer(SandboxCase):
    """What the SDK checks before it sends, the server checks too: with validate_data=False the import fails there."""

    def refused(self, data, pattern, text):
        with self.assertRaises(ValidationError):
            self.send(data, pattern)
        upload, result = self.send(data, pattern, validate_data=False)
        self.assertEqual((upload.status, result.status), ("failed", "failed"))
        self.assertRegex(result.message, text)
        self.assertEqual(counts(result), (0, 0, 0))
        self.assertEqual(self.rows(self.items), [])

    def test_duplicate_keys(self):
        self.refused(frame(("a", "x", 1, True), ("a", "y", 2, True)), "full", "Duplicate")

    def test_codes_that_do_not_exist(self):
        self.refused(THREE.assign(trdm_tran_code=["i", "x", ""]), "incremental_with_delete", "must be i, u or d")

    def test_codes_that_are_missing(self):
        self.refused(THREE, "incremental_with_delete", "needs a trdm_tran_code")

    def test_codes_where_none_belong(self):
        self.refused(THREE.assign(trdm_tran_code="i"), "full", "allows no trdm_tran_code")


class RefusedFiles(SandboxCase):
    def status_of(self, upload):
        (result,) = upload.get_results()
        return result.status

    def test_an_upload_that_is_refused_is_reported_to_the_server(self):
        upload = self.client.get_upload(self.branch.id)
        table = self.new_table_upload(upload)
        self.faults({"kind": "status", "status": 403, "match": {"route": "upload.put"}})
        with self.assertRaises(UploadError):
            table.send(THREE)
        self.assertEqual(self.status_of(upload), "failed")

    def test_an_address_that_has_expired_is_refused(self):
        self.settings(signedUrlTtlSeconds=-1)
        upload = self.client.get_upload(self.branch.id)
        with self.assertRaises(UploadError):
            self.new_table_upload(upload).send(THREE)

    def test_a_file_is_sent_once_only(self):
        upload = self.client.get_upload(self.branch.id)
        table = self.new_table_upload(upload).send(THREE)
        with self.assertRaisesRegex(UploadError, "not available"):
            table.send(THREE)

    def test_an_unknown_table_or_mapping_is_an_api_error(self):
        upload = self.client.get_upload(self.branch.id)
        mapping = self.client.get_default_import_mapping(self.items.id)
        with self.assertRaises(APIError):
            upload.get_table_upload("no-such-key", mapping.key, "full")
        with self.assertRaises(APIError):
            upload.get_table_upload(self.items.key, "no-such-key", "full")

    def test_a_failed_import_says_why(self):
        self.faults({"kind": "importFailed", "message": "disk full", "match": {"route": "imports.complete"}})
        upload, result = self.send(THREE)
        self.assertEqual((upload.status, upload.message, result.status), ("failed", "disk full", "failed"))

    def test_an_overdue_account_may_read_only(self):
        self.settings(accountOverdue=True)
        self.assertTrue(self.client.get_branches())
        with self.assertRaises(APIError) as caught:
            self.client.get_upload(self.branch.id)
        self.assertEqual(caught.exception.status_code, 402)

    def test_every_call_was_a_call_of_the_product(self):
        self.send(THREE)
        counts_by_route = control("GET", "requests")["counts"]
        for route in ("imports.new", "import_tables.new", "upload.put", "import_tables.upload_complete", "imports.complete"):
            self.assertGreater(counts_by_route[route], 0)
