from sdk.sandbox import CLIENT_ID, CLIENT_SECRET, URL, SandboxCase, connect, control
from titan_rdm_sdk import APIError, AuthenticationError, TitanRDMClient, ValidationError


class SigningIn(SandboxCase):
    def test_a_wrong_secret_is_an_authentication_error(self):
        with self.assertRaisesRegex(AuthenticationError, "invalid_client"):
            TitanRDMClient(URL, CLIENT_ID, "wrong")

    def test_a_trailing_slash_does_no_harm(self):
        client = TitanRDMClient(URL + "/", CLIENT_ID, CLIENT_SECRET)
        self.assertTrue(client.get_branches())

    def test_a_token_about_to_expire_is_replaced(self):
        # The SDK keeps 300 s in reserve: such a token is replaced at every call.
        self.settings(tokenTtlSeconds=200)
        client = connect()
        before = control("GET", "requests")["counts"]["token"]
        client.get_domains()
        self.assertGreater(control("GET", "requests")["counts"]["token"], before)

    def test_a_revoked_token_is_an_api_error(self):
        client = connect()
        control("POST", "tokens/revoke")
        with self.assertRaises(APIError) as caught:
            client.get_domains()
        self.assertEqual(caught.exception.status_code, 401)
        type(self).client = connect()


class Branches(SandboxCase):
    def test_are_listed_over_several_pages(self):
        for number in range(130):
            control("POST", "branches", {"name": f"{self.abbreviation} {number}", "type": "private"})
        names = {branch.name for branch in self.client.get_branches()}
        self.assertTrue({f"{self.abbreviation} {number}" for number in range(130)} <= names)

    def test_are_read_by_id(self):
        branch = self.client.get_branch(self.branch.id)
        self.assertEqual((branch.name, branch.branch_type, branch.status), ("main", "shared", "open"))
        self.assertTrue(branch.is_integration_branch)

    def test_an_unknown_id_is_an_api_error_with_its_status(self):
        with self.assertRaises(APIError) as caught:
            self.client.get_branch(987654)
        self.assertEqual(caught.exception.status_code, 404)
        self.assertIn("not found", str(caught.exception))

    def test_are_found_by_name_and_told_apart_by_owner(self):
        name = f"private: {self.abbreviation}, mine"
        for owner in (11, 12):
            body = {"name": name, "type": "private", "owner": {"id": owner, "email": f"{owner}@example.com"}}
            control("POST", "branches", {**body, "parent": "main"})
        with self.assertRaisesRegex(ValidationError, "Multiple"):
            self.client.get_branch_by_name(name)
        found = self.client.get_branch_by_name(name, owner_id=12)
        self.assertEqual((found.owner_id, found.parent_branch_id), (12, self.branch.id))
        with self.assertRaisesRegex(ValidationError, "No branch"):
            self.client.get_branch_by_name("nowhere")


class Domains(SandboxCase):
    def test_are_listed_read_and_found(self):
        self.assertIn(self.domain_name, [domain.name for domain in self.client.get_domains()])
        self.assertEqual(self.client.get_domain(self.domain.id).abbreviation, self.abbreviation)
        self.assertEqual(self.client.get_domain_by_name(self.domain_name).id, self.domain.id)

    def test_unknown_and_ambiguous_names_are_validation_errors(self):
        with self.assertRaises(ValidationError):
            self.client.get_domain_by_name("no such domain")
        for abbreviation in ("x1", "x2"):
            control("POST", "domains", {"name": f"twice {self.abbreviation}", "abbreviation": abbreviation})
        with self.assertRaises(ValidationError):
            self.client.get_domain_by_name(f"twice {self.abbreviation}")
        with self.assertRaises(APIError):
            self.client.get_domain(987654)


class Tables(SandboxCase):
    def test_are_listed_by_branch_and_by_domain(self):
        everywhere = self.client.get_deployed_table_definitions(self.branch.id)
        here = self.client.get_deployed_table_definitions(self.branch.id, self.domain.id)
        self.assertEqual([table.name for table in here], ["Items", "Notes"])
        self.assertGreater(len(everywhere), len(here))

    def test_describe_their_columns(self):
        for field in ("deployed_column_definitions", "column_definitions"):
            self.settings(columnsField=field)
            table = self.client.get_deployed_table_definition(self.items.key, self.branch.id)
            self.assertEqual(table.database_table_name, "items")
            self.assertEqual(table.domain_abbreviation, self.abbreviation)
            columns = [(c.name, c.data_type, c.is_primary_key, c.is_required) for c in table.column_definitions]
            self.assertEqual(
                columns,
                [
                    ("code", "varchar", True, True),
                    ("name", "varchar", False, True),
                    ("amount", "numeric", False, False),
                    ("active", "boolean", False, False),
                ],
            )

    def test_an_unknown_key_is_an_api_error(self):
        with self.assertRaises(APIError):
            self.client.get_deployed_table_definition("no-such-key", self.branch.id)

    def test_come_whole_from_servers_without_meta(self):
        self.settings(omitMeta=True)
        self.assertEqual(len(self.client.get_deployed_table_definitions(self.branch.id, self.domain.id)), 2)


class Mappings(SandboxCase):
    def test_the_default_one_and_one_by_key(self):
        default = self.client.get_default_import_mapping(self.items.id)
        self.assertTrue(default.is_default)
        self.assertEqual(self.client.get_import_mapping_by_key(self.items.id, default.key).id, default.id)

    def test_none_is_a_validation_error(self):
        bare = self.define("Bare", [{"name": "id", "primaryKey": True}], mappings=[])
        with self.assertRaises(ValidationError):
            self.client.get_default_import_mapping(bare.id)
        with self.assertRaises(ValidationError):
            self.client.get_import_mapping_by_key(self.items.id, "no-such-key")


class Errors(SandboxCase):
    def test_texts_are_understood_in_every_shape(self):
        shapes = [
            ({"status": 429, "message": "too fast", "retryAfter": 1}, "too fast"),
            ({"status": 500, "body": "text", "message": "plain words"}, "plain words"),
            ({"status": 503, "body": "none"}, "HTTP 503"),
        ]
        for shape, text in shapes:
            self.faults({"kind": "status", "match": {"route": "domains.list"}, **shape})
            with self.assertRaisesRegex(APIError, text) as caught:
                self.client.get_domains()
            self.assertEqual(caught.exception.status_code, shape["status"])

    def test_what_is_no_json_or_no_content_is_an_api_error(self):
        for kind in ("notJson", "noContent"):
            self.faults({"kind": kind, "match": {"route": "domains.list"}})
            with self.assertRaises(APIError):
                self.client.get_domains()

    def test_a_broken_connection_is_an_api_error_without_status(self):
        for kind in ("reset", "lostReply"):
            self.faults({"kind": kind, "match": {"route": "domains.list"}})
            with self.assertRaises(APIError) as caught:
                self.client.get_domains()
            self.assertIsNone(caught.exception.status_code)

    def test_a_slow_or_trickling_reply_is_waited_for(self):
        for rule in ({"kind": "slow", "delayMs": 300}, {"kind": "trickle", "bytesPerSecond": 20000}):
            self.faults({**rule, "match": {"route": "domains.get"}})
            self.assertEqual(self.client.get_domain(self.domain.id).name, self.domain_name)
