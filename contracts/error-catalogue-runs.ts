/** Errors of runs: of workflows, and of starting and watching them. */
export const runErrors = {
  ValidationError: {
    meaning: 'The input of a workflow is not what its schema allows. Nothing was begun.',
    mend: 'Correct the path that the message names.',
  },
  PIPELINE_RUNNING: {
    meaning: 'A run of this pipeline is under way; a pipeline has one at a time.',
    mend: 'Wait for its end, or cancel it with `tidemark cancel PIPELINE`.',
  },
  RUN_EXISTS: {
    meaning: 'A workflow with the id that a Nexus operation asked for is running already.',
    mend: 'Wait for its end, or give another workflowId. The runs of one pipeline share an id, so that they never overlap.',
  },
  NOT_RUNNING: {
    meaning: 'No run of this pipeline is under way.',
    mend: 'Start one with `tidemark run PIPELINE`.',
  },
  RUN_CANCELLED: { meaning: 'The run was cancelled.', mend: 'Start it again when it should go on.' },
  RUN_TERMINATED: {
    meaning: 'The run was terminated: it could not tidy up.',
    mend: 'Start it again; an import that was not completed is never applied.',
  },
  RUN_TIMED_OUT: {
    meaning: 'The run took longer than the timeout that its starter gave it.',
    mend: 'Give it more time, or look in the Web UI where the time goes.',
  },
  STEP_OUTLIVED: {
    meaning: 'A step stood still for so long that another attempt took its place; it has changed nothing since.',
    mend: 'Nothing: the other attempt goes on. Look at the load of the machine when it persists.',
  },
  STEP_TIMEOUT: {
    meaning: 'A step did not end in time, after all its attempts.',
    mend: 'Is a worker running, and does it reach the system? Look at the step in the Web UI.',
  },
  UNEXPECTED: {
    meaning: 'Something failed that Tidemark has no name for.',
    mend: 'Look at its stack with --debug or in the Web UI, and report it.',
  },
  CARRIED_STATE_VERSION: {
    meaning: 'A long run was carried on by a worker of another release.',
    mend: 'Run the workers of one release.',
  },
  TOO_MANY_TABLES: {
    meaning: 'A domain has more tables than one workflow takes.',
    mend: "Name some of them in 'tables', and the others in another run.",
  },
  AMBIGUOUS_CONVENTION_KEY: {
    meaning: 'Two tables of a domain have the same convention key.',
    mend: "Rename one of them in TitanRDM, or name the tables in 'tables'.",
  },
  TITAN_AMBIGUOUS_TABLE: {
    meaning: 'A name means several deployed tables.',
    mend: 'Use the physical name, or the key of the table.',
  },
  NO_COMPARISON: {
    meaning:
      "A table can't be compared with what TitanRDM holds, as pattern 'auto' and maxDeletes need it: it is not known which record a row means, or the export lacks a column.",
    mend: "Use pattern 'full', or 'incremental_with_delete' with codes of your own, and no maxDeletes.",
  },
  TOO_MANY_DELETES: {
    meaning: 'A run would remove more records of a table than maxDeletes allows. Nothing was applied.',
    mend: 'Look whether the source is whole: `tidemark plan PIPELINE` shows what would go. When it is meant so, raise maxDeletes or leave it out for one run.',
  },
  TITAN_REPEATED_TABLE: {
    meaning: 'The same table is named twice for one batch.',
    mend: 'Name it once.',
  },
  TITAN_TABLE_FAILED: {
    meaning: 'TitanRDM could not process a table of the batch.',
    mend: "Read the server's message for that table, correct its rows, and run again.",
  },
  TITAN_IMPORT_FAILED: {
    meaning: 'TitanRDM could not process the import.',
    mend: "Read the server's message, correct the rows, and run again.",
  },
  TITAN_NOT_APPLIED: {
    meaning:
      'The table was sent, but its batch was not completed because another table failed: nothing of it was applied.',
    mend: 'Mend the table that failed, and run again.',
  },
  TITAN_NOT_SENT: {
    meaning: 'The table was not sent, because another one of its batch had failed before.',
    mend: 'Mend the table that failed, and run again.',
  },
  TITAN_NOT_RECEIVED: {
    meaning: 'The table was not received, because another one had failed before.',
    mend: 'Mend the table that failed, and run again.',
  },
  TITAN_BATCH_TAINTED: {
    meaning: 'An import holds tables whose fate is unknown, so that it was given up; it is never applied.',
    mend: 'A new import is started by itself; run again when that was in vain, too.',
  },
  TITAN_WAIT_EXCEEDED: {
    meaning: 'TitanRDM did not finish within the longest wait that the input allows.',
    mend: 'Raise poll.maxWaitSeconds, or look at the import or export in TitanRDM.',
  },
  TITAN_CONFLICT: {
    meaning: 'The import was in a state in which it does not take this step.',
    mend: 'Read the import in TitanRDM; run again.',
  },
} as const;
