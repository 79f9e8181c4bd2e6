import { z } from 'zod';
import type { HttpReply } from '../http/http.js';
import type { Api } from './api.js';
import { amsError } from './errors.js';
import { readImport } from './import-reply.js';
import type { Ams, AmsProfile } from './port.js';
import { failureInside, parseReply, shaped, type Told } from './reply.js';
import { saidBy } from './said.js';
import { profilesSchema } from './schema.js';

type Signal = AbortSignal | undefined;

/** Users whose profiles are asked for at a time: AMS documents no limit, and a reply should stay small. */
const USERS_PER_SEARCH = 200;

export async function upsertProfile(
  api: Api,
  { form, userId, values }: Parameters<Ams['upsertProfile']>[0],
  signal: Signal,
): Promise<{ id: number | null }> {
  const fields = Object.entries(values);
  refuseBadInput(form, userId, fields);
  const json = (session: { userId: number }) => ({
    formName: form,
    userId: { userId },
    enteredByUserId: session.userId,
    // A profile form has no table fields: one row.
    rows: [{ row: 0, pairs: fields.map(([key, value]) => ({ key, value })) }],
  });
  const read = (reply: HttpReply, told: Told) => ({ id: importedId(reply, told, Object.keys(values)) });
  return await api.call({ endpoint: 'v1/profileimport', json, read, hidden: Object.values(values) }, signal);
}

export async function searchProfiles(
  api: Api,
  { form, userIds }: Parameters<Ams['profiles']>[0],
  signal: Signal,
): Promise<AmsProfile[]> {
  const found: AmsProfile[] = [];
  for (let from = 0; from < userIds.length; from += USERS_PER_SEARCH) {
    const json = () => ({ formNames: [form], userIds: userIds.slice(from, from + USERS_PER_SEARCH) });
    const profiles = await api.call({ endpoint: 'v1/profilesearch', json, read: shaped(profilesSchema) }, signal);
    const ofForm = profiles.filter(({ formName }) => formName === null || formName === form);
    found.push(...ofForm.map(({ userId, values }) => ({ userId, values })));
  }
  return found;
}

/** What would be posted as it is by the server's leave, and do nothing or harm. */
function refuseBadInput(form: string, userId: number, fields: readonly [string, unknown][]): void {
  const problems = [
    ...(form.trim() === '' ? ['the name of the form is empty'] : []),
    ...(Number.isSafeInteger(userId) && userId > 0 ? [] : ['the user id is not a positive integer']),
    ...(fields.length === 0 ? ['there is no field'] : []),
    ...fields.filter(([name]) => name.trim() === '').map(() => 'the name of a field is empty'),
    // Types do not hold callers that were not compiled with them.
    ...fields
      .filter(([, value]) => typeof value !== 'string')
      .map(([name]) => `the value of ${JSON.stringify(name)} is no text`),
  ];
  if (problems.length > 0) throw amsError('AMS_BAD_INPUT', `The profile cannot be sent: ${problems.join('; ')}`);
}

function importedId(reply: HttpReply, told: Told, sent: readonly string[]): number | null {
  const body = parseReply(reply, told, importSchema);
  const { succeeded, id, listed } = readImport(body);
  if (succeeded === undefined) {
    const text = `The reply to ${told.what} says neither success nor failure`;
    throw amsError('AMS_UNEXPECTED_REPLY', text, { httpStatus: reply.status, retryable: true });
  }
  if (!succeeded) throw failureInside(saidBy(body), told);
  const dropped = sent.filter((name) => listed.includes(name));
  if (dropped.length > 0) {
    const names = dropped.map((name) => JSON.stringify(name)).join(', ');
    throw amsError('AMS_FIELDS_DROPPED', `The record was written without ${names}`, { httpStatus: reply.status });
  }
  return id;
}

/** One record is sent at a time: a list of replies holds one. */
const importSchema = z.union([
  z.record(z.string(), z.unknown()),
  z
    .array(z.record(z.string(), z.unknown()))
    .length(1)
    .transform(([only]) => only),
]);
