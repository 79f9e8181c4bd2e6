"""Starts a Tidemark workflow from Python, asks how far it is, and waits for its result.

Nothing of Tidemark is needed here: a workflow has a name, and its input and result are plain JSON.

    python client.py titanConventionUpload input.json
    python client.py titanConventionUpload input.json --id tidemark/pipeline/customers-up

Where Temporal is comes from TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE, or a profile of Temporal's own (temporal.toml).
"""

import argparse
import asyncio
import json
import os
import pathlib
import sys
import uuid

from temporalio.client import Client, WorkflowFailureError
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import ApplicationError


async def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("workflow", help="its name, for instance titanImportBatch")
    parser.add_argument("input", type=pathlib.Path, help="a file with its input as JSON")
    parser.add_argument("--id", help="id of the workflow; runs of one pipeline share tidemark/pipeline/NAME")
    parser.add_argument("--task-queue", default="tidemark", help="that of Tidemark's worker")
    args = parser.parse_args()

    connection = ClientConfig.load_client_connect_config()
    client = await Client.connect(**{"target_host": "localhost:7233", **connection})
    handle = await client.start_workflow(
        args.workflow,
        json.loads(args.input.read_text(encoding="utf-8")),
        id=args.id or f"tidemark/{args.workflow}/{uuid.uuid4()}",
        task_queue=args.task_queue,
    )
    print(f"started {handle.id}", file=sys.stderr)

    # What the Web UI and `tidemark run --wait` show. Answered while the workflow runs and after its end.
    progress = await handle.query("progress")
    print(f"phase: {progress['phase']}", file=sys.stderr)

    try:
        result = await handle.result()
    except WorkflowFailureError as failure:
        cause = failure.cause
        if not isinstance(cause, ApplicationError):
            raise
        # The code is stable (`tidemark errors CODE` explains it); the details hold the error, then the list that a result would hold.
        print(json.dumps({"code": cause.type, "message": cause.message, "details": list(cause.details)}))
        return 1
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    code = asyncio.run(main())
    # Threads of Temporal's client outlive asyncio.run; the interpreter's own way out now and then crashes under them
    # ("PyGILState_Release", a SIGABRT in place of the exit code). Nothing is left to do but to leave.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
