"""The sandbox as the judge's tests see it: its address, its control API, a domain of their own for each test."""

import json
import os
import time
import unittest
import urllib.request
import uuid

import pandas as pd
from titan_rdm_sdk import TitanRDMClient

URL = os.environ["SANDBOX_URL"]
CLIENT_ID = os.environ["SANDBOX_CLIENT_ID"]
CLIENT_SECRET = os.environ["SANDBOX_CLIENT_SECRET"]

ITEM_COLUMNS = [
    {"name": "code", "primaryKey": True, "length": 40},
    {"name": "name", "required": True},
    {"name": "amount", "dataType": "numeric"},
    {"name": "active", "dataType": "boolean"},
]


def control(method, path, body=None):
    """Calls the sandbox's control API, which is no part of the product."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{URL}/_sandbox/{path}", data=data, method=method)
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


def connect():
    return TitanRDMClient(URL, CLIENT_ID, CLIENT_SECRET)


def frame(*rows):
    return pd.DataFrame(rows, columns=["code", "name", "amount", "active"])


def processed(upload):
    """Polls an import to its end, which the SDK leaves to its users. Returns the results of its tables."""
    results = upload.get_results()
    while upload.status == "processing":
        time.sleep(0.02)
        results = upload.get_results()
    return results


class SandboxCase(unittest.TestCase):
    """Each test has a domain of its own with two tables, Items and Notes, on the branch main."""

    @classmethod
    def setUpClass(cls):
        cls.client = connect()
        cls.branch = cls.client.get_branch_by_name("main")

    def setUp(self):
        unique = uuid.uuid4().hex[:8]
        self.domain_name = f"Domain {unique}"
        self.abbreviation = f"d{unique}"
        control("POST", "domains", {"name": self.domain_name, "abbreviation": self.abbreviation})
        self.items = self.define("Items", ITEM_COLUMNS)
        self.notes = self.define("Notes", [{"name": "id", "dataType": "integer", "primaryKey": True}, {"name": "text"}])
        self.domain = self.client.get_domain_by_name(self.domain_name)

    def tearDown(self):
        control("DELETE", "faults")

    def define(self, name, columns, **more):
        """Deploys a table to the branch main, and returns it as the SDK sees it."""
        table = {"name": name, "columns": columns, "branches": ["main"], **more}
        deployed = control("POST", "tables", {"domain": self.domain_name, "table": table})["deployed"][0]
        return self.client.get_deployed_table_definition(deployed["key"], self.branch.id)

    def settings(self, **changes):
        """Changes settings for this test alone."""
        before = control("GET", "settings")
        control("PATCH", "settings", changes)
        self.addCleanup(control, "PATCH", "settings", {name: before[name] for name in changes})

    def faults(self, *rules):
        control("PUT", "faults", {"rules": list(rules)})

    def rows(self, table):
        return control("GET", f"tables/{table.key}/rows?branch=main")["rows"]

    def new_table_upload(self, upload, table=None, pattern="full", **more):
        table = table or self.items
        mapping = self.client.get_default_import_mapping(table.id)
        return upload.get_table_upload(table.key, mapping.key, pattern, **more)

    def send(self, data, pattern="full", table=None, **more):
        """One import with one file, up to the end of its processing. Returns the import and the table's result."""
        upload = self.client.get_upload(self.branch.id)
        self.new_table_upload(upload, table, pattern, **more).send(data)
        upload.complete()
        (result,) = processed(upload)
        return upload, result
