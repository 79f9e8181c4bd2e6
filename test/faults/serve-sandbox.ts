/** What is common to the sandboxes. */
export interface ServedSandbox {
  close: () => Promise<void>;
}

/**
 * A sandbox of one cell, in a process of its own: its options are the first argument, as JSON. It tells the campaign what `access` takes
 * from it, and ends with the campaign or when it is asked to.
 */
export async function serveSandbox<Options, Sandbox extends ServedSandbox>(
  start: (options: Options) => Promise<Sandbox>,
  access: readonly (keyof Sandbox & string)[],
): Promise<void> {
  // The campaign that started us wrote them: nothing else calls this program.
  const sandbox = await start(JSON.parse(process.argv[2] ?? '{}') as Options);
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    process.off('disconnect', end);
    void sandbox.close().then(() => process.exit(0));
  };
  process.on('SIGTERM', end);
  process.on('disconnect', end);
  process.send?.({ ready: Object.fromEntries(access.map((key) => [key, sandbox[key]])) });
}
