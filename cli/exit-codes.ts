/** What the exit code of `tidemark` says. 0 is success and nothing else. */
export const EXIT = {
  ok: 0,
  /** The thing asked for failed: a run, a check, a connection. */
  failed: 1,
  /** The command line or the config is wrong: nothing was begun. */
  usage: 2,
  /** The run that was waited for was cancelled. */
  cancelled: 3,
  /** Ctrl-C: the command ended, as shells say it (128 + SIGINT). A run that it started goes on. */
  interrupted: 130,
} as const;
