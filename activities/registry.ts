import { TidemarkError } from '../contracts/errors.js';
import { nearNames } from '../connectors/common/near-names.js';

/** Finds what a workflow named by its name; an unknown name is an error that lists the near ones. */
export function named<T>(kind: string, things: Readonly<Record<string, T>>, name: string): T {
  if (Object.hasOwn(things, name)) {
    const found = things[name];
    if (found !== undefined) return found;
  }
  const names = Object.keys(things);
  const near = nearNames(name, names);
  const known =
    near.length > 0 ? `Near names: ${near.join(', ')}.` : `Known: ${names.slice(0, 20).join(', ') || 'none'}.`;
  throw new TidemarkError(`This worker has no ${kind} named '${name}'. ${known}`, {
    code: 'UNKNOWN_CONNECTION',
    retryable: false,
    mend: "Name one of the worker's connections, or add it to its configuration.",
  });
}
