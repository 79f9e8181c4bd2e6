/** Errors of the watermark workflow, and of reaching it. HIGH_WATERMARK_MOVED is among those of ingests. */
export const watermarkErrors = {
  WATERMARK_TOO_LARGE: {
    meaning: 'A high watermark, or all of one pipeline together, are too large for the state of a workflow.',
    mend: 'Give the pipeline fewer tables, or a source whose watermark is a short value.',
  },
  WATERMARK_UNREACHABLE: {
    meaning: "The workflow that holds the pipeline's high watermarks does not answer.",
    mend: 'Does a worker poll its task queue, and is it of this release? Where the queue was given up, a run of the pipeline brings the workflow to its own; if that fails, let a worker poll the old queue until the next run has begun.',
  },
  WATERMARK_PLUGIN_MISSING: {
    meaning: "The run needs the pipeline's high watermarks, and the worker has no watermarkPlugin.",
    mend: 'Add `watermarkPlugin()` to the plugins of the worker, or give a highWaterMark in the input.',
  },
  CHANGES_NOT_SUPPORTED: {
    meaning: "An upload is to send what has changed, and its store can't tell: it is no schema in PostgreSQL.",
    mend: 'Send from a store in PostgreSQL, or leave out `incremental`.',
  },
  BAD_USAGE: {
    meaning: 'A command was given something that it does not take.',
    mend: 'Read what the message says, and the help of the command (`--help`).',
  },
  NO_WATERMARKS: {
    meaning:
      'The pipeline keeps no high watermarks: each of its runs takes everything, or begins from a mark of its input.',
    mend: "Downloads keep them with pattern 'incremental' and without highWaterMark, uploads with `incremental`, ingests always.",
  },
  UNKNOWN_WATERMARK: {
    meaning: 'The pipeline has no high watermark of that name.',
    mend: 'Correct the name; or say --new for a table that no run has seen yet.',
  },
} as const;
