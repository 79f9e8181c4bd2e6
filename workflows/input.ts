import { ApplicationFailure } from '@temporalio/workflow';
import type { z } from 'zod';
import { cutText } from '../contracts/errors.js';

const MAX_VALUE_TEXT = 80;

/**
 * Parses a workflow's input. What does not fit FAILS the workflow: an ordinary exception in workflow code would leave a workflow
 * task retrying for ever. The failure names the path and the value of the first problems.
 */
export function parseInput<T extends z.ZodType>(workflow: string, schema: T, input: unknown): z.output<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => flatten(issue)).slice(0, 10);
  const lines = problems.map(
    ({ path, message }) => `${describePath(path)}: ${message}${shown(valueAt(input, path), path)}`,
  );
  const message = cutText(`The input of ${workflow} is not valid. ${[...new Set(lines)].join('; ')}`);
  throw ApplicationFailure.nonRetryable(message, 'ValidationError', {
    code: 'ValidationError',
    message,
    retryable: false,
  });
}

interface Problem {
  path: PropertyKey[];
  message: string;
}

/** A union reports one branch's problems inside another issue: the branch that came furthest says most. */
function flatten(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0)
    return [{ path: issue.path, message: issue.message }];
  const closest = issue.errors.reduce((best, branch) => (branch.length < best.length ? branch : best));
  return closest.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] }));
}

function describePath(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '(input)' : path.map(String).join('.');
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** Scalars are shown, but for inline rows: those may be secret. */
function shown(value: unknown, path: readonly PropertyKey[]): string {
  if (path.includes('rows') || !['string', 'number', 'boolean'].includes(typeof value)) return '';
  return ` (got ${cutText(JSON.stringify(value), MAX_VALUE_TEXT)})`;
}
