/** Errors of Schedules, and of the commands that set up a project. */
export const scheduleErrors = {
  SCHEDULE_NOT_OWNED: {
    meaning: "A Schedule has the id of one of this project's pipelines, and another project, or a person, has made it.",
    mend: 'Rename the pipeline; or, when it is to become this one, `tidemark apply --adopt`.',
  },
  SCHEDULE_REFUSED: {
    meaning: "Temporal's server did not take a Schedule.",
    mend: 'Read its reason in the message; those before it are done, so mend it and run `tidemark apply` again.',
  },
  NO_SCHEDULE: {
    meaning: 'The pipeline has no Schedule in the namespace.',
    mend: 'Give it a `schedule` in tidemark.yaml and run `tidemark apply`.',
  },
  CONFIRMATION_NEEDED: {
    meaning: 'A command that changes something was run where nobody can be asked.',
    mend: 'Look at the difference with --dry-run, then say --yes.',
  },
  BAD_INSTANT: {
    meaning: 'A point in time is not written in a way that means one.',
    mend: 'Write 2026-01-31T02:00:00Z, or with an offset in place of Z; a date alone is midnight UTC.',
  },
  BACKFILL_RANGE: {
    meaning:
      'The range of a backfill ends before it begins, holds no time at which the pipeline was due, or holds too many.',
    mend: 'Correct --from and --to; `tidemark status PIPELINE` shows the times.',
  },
  CONFIG_EXISTS: {
    meaning: '`tidemark init` found a config file where it was to write one; it never overwrites.',
    mend: 'Name another file with --config, or move the old one away.',
  },
  INIT_INCOMPLETE: {
    meaning: '`tidemark init` needs to know more, and there is no terminal on which to ask.',
    mend: 'Give the option that the message names, or set the variable.',
  },
  BUNDLE_UNUSABLE: {
    meaning:
      'The workflow bundle that a worker was given is not there, was made by another release, or lacks what encryption or traces need.',
    mend: 'Make it anew with `tidemark bundle`, with the same release of Tidemark as the worker; with `temporal.encryption` or `worker.tracing` leave it out.',
  },
} as const;
