/**
 * A sandbox of one cell, in a process of its own: it tells the campaign what `access` takes from it, and ends with the campaign or when it is
 * asked to.
 */
export function serveSandbox<Sandbox extends { close: () => Promise<void> }>(
  sandbox: Sandbox,
  access: readonly (keyof Sandbox & string)[],
): void {
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
