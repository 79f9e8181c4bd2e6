import type { z } from 'zod';
import type { Path } from './errors.js';

type Issue = z.core.$ZodIssue;

/** An issue with its whole path, the unions on the way opened. */
export type LeafIssue = Issue & { path: PropertyKey[] };

export const stepsOf = (path: readonly PropertyKey[]): Path =>
  path.map((step) => (typeof step === 'symbol' ? String(step) : step));

/** Every issue of every form of every union: what could be meant anywhere below. */
export function allLeaves(issues: readonly Issue[], base: readonly PropertyKey[] = []): LeafIssue[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path];
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      return issue.errors.flatMap((form) => allLeaves(form, path));
    }
    return [{ ...issue, path }];
  });
}

/**
 * The issues that help most: of a union only those of the form that was most likely meant. When no form stands out, the union itself
 * stays one issue.
 */
export function likelyLeaves(
  issues: readonly Issue[],
  near: (issues: readonly LeafIssue[]) => number,
  base: readonly PropertyKey[] = [],
): LeafIssue[] {
  return issues.flatMap((issue): LeafIssue[] => {
    const path = [...base, ...issue.path];
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ ...issue, path }];
    const forms = issue.errors
      .map((form) => likelyLeaves(form, near, path))
      .map((leaves) => ({ leaves, cost: leaves.length + mismatches(leaves, path.length) - near(leaves) }))
      .sort((a, b) => a.cost - b.cost);
    const [best, second] = forms;
    if (best === undefined || second?.cost === best.cost) return [{ ...issue, path }];
    return best.leaves;
  });
}

/** A form whose very type does not fit (a text where an object stands) is the least likely one. */
function mismatches(leaves: readonly LeafIssue[], depth: number): number {
  return leaves.some((leaf) => leaf.code === 'invalid_type' && leaf.path.length === depth) ? 100 : 0;
}
