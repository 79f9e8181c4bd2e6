import type { z } from 'zod';
import type { HttpReply } from './http.js';
import { retryAfterSeconds } from './retry-policy.js';

/** Any 2xx: what a reply must hold besides is its schema's business. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

export function askedDelay(headers: HttpReply['headers']): number | undefined {
  return retryAfterSeconds(header(headers, 'retry-after'), header(headers, 'date'), Date.now());
}

export function header(headers: HttpReply['headers'], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Where in the reply and what was expected, never the value that stood there. */
export function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  const shown = issues.slice(0, 3).map((issue) => `${pathText(issue.path)}: ${expectation(issue)}`);
  const more = issues.length - shown.length;
  return shown.join('; ') + (more > 0 ? ` and ${more} more` : '');
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `expected ${issue.expected}`;
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.flatMap((branch) => branch.map((each) => expectation(each).replace(/^expected /u, '')));
    return `expected ${[...new Set(inner)].join(' or ')}`;
  }
  return issue.code === 'custom' ? issue.message : 'expected another value';
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the whole';
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./u, '');
}
