import { HttpError, json, type Call, type Json, type Reply, type Route } from '../http/http.js';
import type { Account, StoredForm } from './directory.js';
import { fits, takesValues } from './field-checks.js';
import type { AmsContext } from './context.js';

const TYPES = ['profile', 'linkedOnlyProfile'];

export function profileRoutes(context: AmsContext): Route[] {
  return [
    context.post('v1', 'profileimport', (call) => importProfile(context, call)),
    context.post('v1', 'profilesearch', (call) => searchProfiles(context, call)),
  ];
}

/** A write that is refused: 200 with a failing state, or 400, by the settings. */
class Refused extends Error {}

function importProfile(context: AmsContext, call: Call): Reply {
  const account = context.accountOf(call);
  try {
    return written(context, call.body, account);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (context.settings().refusedWrites === 'status') throw new HttpError(400, error.message);
    return json(context.wrapped({ state: 'UNEXPECTED_ERROR', message: error.message }));
  }
}

function written(context: AmsContext, body: Json, account: Account): Reply {
  const { directory, records, settings } = context;
  const form = directory.formFor(account, body['formName'], TYPES);
  if (form === undefined) throw new Refused(`There is no profile form named '${String(body['formName'])}'`);
  if (form.readOnly) throw new Refused(`'${form.name}' is read only`);
  const userId = numberAt(body['userId'], 'userId');
  const user = userId === undefined ? undefined : directory.users.get(userId);
  // An unknown user and an invisible one are told alike: the product does not say who else there is.
  if (user === undefined || !directory.sees(account, user))
    throw new Refused('The user does not exist, or access to it is denied');
  const pairs = pairsOf(body);
  const known = pairs.filter(([name]) => form.fields.some((field) => field.name === name && takesValues(field)));
  const dropped = pairs.filter((pair) => !known.includes(pair)).map(([name]) => name);
  const values = new Map(known);
  const replace = settings().omittedFields === 'clear';
  checkValues(form, values, replace ? undefined : records.profile(form.id, user.id)?.values);
  const { id } = records.write({ formId: form.id, userId: user.id, enteredBy: account.id }, values, replace);
  const mention = dropped.length > 0 && settings().unknownFields === 'mention';
  const message = `1 out of 1 profiles imported${mention ? `, fields not found: [${dropped.join(', ')}]` : ''}`;
  return json(context.wrapped({ state: 'SUCCESSFULLY_IMPORTED', ids: [id], message }));
}

function checkValues(form: StoredForm, values: Map<string, string>, before: Map<string, string> | undefined): void {
  for (const field of form.fields) {
    const value = values.get(field.name);
    if (value !== undefined && !fits(field, value)) {
      throw new Refused(`Value '${value}' does not fit field '${field.name}' of type ${field.type}`);
    }
    if (field.required && (value ?? before?.get(field.name) ?? '') === '') {
      throw new Refused(`Field '${field.name}' is required`);
    }
  }
}

/** One row with index 0, since profile forms have no tables. */
function pairsOf(body: Json): [string, string][] {
  const rows = body['rows'];
  const row: unknown = Array.isArray(rows) && rows.length === 1 ? rows[0] : undefined;
  const pairs: unknown = typeof row === 'object' && row !== null ? Reflect.get(row, 'pairs') : undefined;
  if (!Array.isArray(pairs) || numberAt(row, 'row') !== 0) throw new Refused('A profile has exactly one row, row 0');
  return pairs.map((pair: unknown) => {
    const { key, value } = (typeof pair === 'object' && pair !== null ? pair : {}) as {
      key?: unknown;
      value?: unknown;
    };
    if (typeof key !== 'string' || typeof value !== 'string') throw new Refused('Keys and values must be texts');
    return [key, value];
  });
}

function searchProfiles(context: AmsContext, call: Call): Reply {
  const account = context.accountOf(call);
  const { directory, records } = context;
  const { formNames, userIds } = call.body;
  if (!Array.isArray(formNames) || !Array.isArray(userIds)) return json({ error: 'formNames and userIds are needed' });
  const forms = formNames.map((name) => directory.formFor(account, name, TYPES));
  if (forms.includes(undefined)) return json({ error: 'There is no such profile form' });
  const profiles = forms
    .filter((form) => form !== undefined)
    .flatMap((form) =>
      records
        .profilesOf(form.id)
        .filter(({ userId }) => userIds.includes(userId) && context.seesId(account, userId))
        .map(({ id, userId, enteredBy, values }) => ({
          id,
          formName: form.name,
          userId,
          enteredByUserId: enteredBy,
          rows: [{ row: 0, pairs: [...values].map(([key, value]) => ({ key, value })) }],
        })),
    );
  return json({ profiles });
}

export function numberAt(value: unknown, name: string): number | undefined {
  const field: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return typeof field === 'number' ? field : undefined;
}
