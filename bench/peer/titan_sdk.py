"""Drives the real titan-rdm-sdk as its user would, for comparison. The last line of standard output is one JSON object.

Seconds count from rows in memory (a data frame) to the server's reply, and from the request to rows in memory: reading
the file into the frame is told apart ("readSeconds"), since a user may have the frame already.
"""

import contextlib
import json
import os
import sys
import time

import pandas
from memory import peak_rss_megabytes
from titan_rdm_sdk import ConventionSync, TitanRDMClient


def read_frame(path):
    """Text as it stands: the careful user's way, since guessed types would change the values."""
    return pandas.read_csv(path, dtype=str, keep_default_na=False)


def upload(client, job):
    began = time.perf_counter()
    frame = read_frame(job["files"][0]["path"])
    read = time.perf_counter()
    branch = client.get_branch_by_name(job["branch"])
    table = only_table(client, branch.id, job)
    mapping = client.get_default_import_mapping(table.id)
    batch = client.get_upload(branch_id=branch.id, description="Benchmark")
    table_upload = batch.get_table_upload(
        table_definition_key=table.key, import_mapping_key=mapping.key, pattern="full"
    )
    table_upload.send(frame)
    batch.complete()
    return {"readSeconds": read - began, "seconds": time.perf_counter() - read, "rows": len(frame)}


def download(client, job):
    began = time.perf_counter()
    branch = client.get_branch_by_name(job["branch"])
    table = only_table(client, branch.id, job)
    export = client.get_download(branch_id=branch.id, table_definition_key=table.key, pattern="full")
    export.wait_until_ready(poll_interval=job["pollSeconds"])
    ready = time.perf_counter()
    frame = export.receive()
    ended = time.perf_counter()
    return {"seconds": ended - began, "secondsAfterWait": ended - ready, "rows": len(frame)}


def domain_upload(client, job):
    began = time.perf_counter()
    frames = {file["table"]: read_frame(file["path"]) for file in job["files"]}
    read = time.perf_counter()
    branch = client.get_branch_by_name(job["branch"])
    results = ConventionSync(client).upload_by_convention(branch.id, job["domain"], frames, pattern="full")
    ended = time.perf_counter()
    return {"readSeconds": read - began, "seconds": ended - read, "rows": rows_of(results)}


def domain_download(client, job):
    began = time.perf_counter()
    branch = client.get_branch_by_name(job["branch"])
    results, _ = ConventionSync(client).download_by_convention(
        branch.id, job["domain"], poll_interval=job["pollSeconds"]
    )
    return {"seconds": time.perf_counter() - began, "rows": rows_of(results)}


def only_table(client, branch_id, job):
    domain = client.get_domain_by_name(job["domain"])
    tables = client.get_deployed_table_definitions(branch_id=branch_id, domain_id=domain.id)
    return next(table for table in tables if table.database_table_name == job["table"])


def rows_of(results):
    failed = [result for result in results if result["status"] != "success"]
    if failed:
        raise SystemExit(f"the SDK reports: {failed[0]}")
    return sum(result["rows"] for result in results)


def main():
    job = json.load(sys.stdin)
    work = {"upload": upload, "download": download, "up": domain_upload, "down": domain_download}[job["case"]]
    # The SDK prints its progress: our standard output holds the result alone.
    with contextlib.redirect_stdout(sys.stderr if os.environ.get("TIDEMARK_DEBUG") else open(os.devnull, "w")):
        # Signing in is left out: our worker has its token already in all rounds but the first.
        client = TitanRDMClient(job["url"], job["clientId"], job["clientSecret"])
        result = work(client, job)
    print(json.dumps({**result, "peakRssMegabytes": peak_rss_megabytes()}))


main()
