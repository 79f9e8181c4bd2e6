import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@jest/globals';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { MAX_ERROR_TEXT, type ErrorInfo } from '../../contracts/errors.js';
import { leaksIn, SHAPES, textsOf, wordMark } from './secret-scan.js';
import type { Tenant } from './tenant.js';

/** Stands in the rows of every bad file: where it is found elsewhere, a row has leaked. */
export const ROW_VALUE = 'rowvalue-of-a-refused-file';

export interface Refusal<R> {
  code: string;
  message: string;
  retryable: boolean;
  /** The list that a success would have returned, where the failure carries it. */
  result: R | undefined;
}

/**
 * Runs a workflow that must be refused, and checks what holds for every refusal: nothing is lost (the source is as it was, byte for byte),
 * nothing is applied, no import was completed, the store that receives is as it was, no temporary file is left, the text is within its
 * limit and holds neither a secret nor a row.
 */
export async function refusal<R>(tenant: Tenant, workflow: string, input: unknown): Promise<Refusal<R>> {
  const before = await world(tenant);
  const failure = await failureOfRun(await tenant.start(workflow, input));
  // What `failWith` puts there: the error, then the list.
  const [info, result] = (failure.details ?? []) as [ErrorInfo, R?];
  expect(await world(tenant)).toEqual(before);
  const { sandbox } = tenant;
  const words = [ROW_VALUE, sandbox.clientSecret, ...sandbox.issuedTokens];
  const marks = [...SHAPES, ...words.map((word) => wordMark('a row or a secret', word))];
  expect(leaksIn([failure.message, failure.stack, ...textsOf(failure)].join('\n'), 'the error', marks)).toEqual([]);
  expect(failure.message.length).toBeLessThanOrEqual(MAX_ERROR_TEXT);
  expect(failure.nonRetryable).toBe(true);
  expect(info).toMatchObject({ code: failure.type, message: failure.message });
  return { code: info.code, message: info.message, retryable: info.retryable, result };
}

async function failureOfRun(handle: WorkflowHandle): Promise<ApplicationFailure> {
  const error: unknown = await handle.result().then(
    () => new Error('the workflow succeeded, a refusal was expected'),
    (reason: unknown) => reason,
  );
  if (error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure) return error.cause;
  throw error;
}

/** All that a refused input must leave as it was. */
export async function world(tenant: Tenant): Promise<unknown> {
  await tenant.sandbox.idle();
  // Imports that were begun and never completed may be left: they are never applied.
  const { created, ...completed } = tenant.sandbox.importStatuses();
  return {
    records: await tenant.sandbox.states(),
    completed,
    source: await contents(tenant.lake),
    target: await contents(tenant.landing),
    spool: await readdir(tenant.spool),
  };
}

async function contents(folder: string): Promise<Record<string, string>> {
  const files = (await readdir(folder, { withFileTypes: true, recursive: true })).filter((entry) => entry.isFile());
  const named = files.map((file) => path.join(file.parentPath, file.name)).sort();
  const read = async (file: string) => [path.relative(folder, file), await readFile(file, 'latin1')] as const;
  return Object.fromEntries(await Promise.all(named.map(read)));
}
