import { json, type Call, type Json, type Reply, type Route } from '../http/http.js';
import type { AmsContext } from './context.js';
import { numberAt } from './profile-routes.js';

const TYPES = ['event', 'linkedOnlyEvent'];
const WHEN = ['startDate', 'startTime', 'finishDate', 'finishTime'];

/** Events, as far as a client needs to see that a profile is none: written whole, read back by form and user. */
export function eventRoutes(context: AmsContext): Route[] {
  return [
    context.post('v1', 'eventsimport', (call) => importEvents(context, call)),
    context.post('v1', 'eventsearch', (call) => searchEvents(context, call)),
  ];
}

function importEvents(context: AmsContext, call: Call): Reply {
  const account = context.accountOf(call);
  const { directory, records } = context;
  const events = Array.isArray(call.body['events']) ? (call.body['events'] as Json[]) : [];
  const results = events.map((event) => {
    const form = directory.formFor(account, event['formName'], TYPES);
    const userId = numberAt(event['userId'], 'userId');
    if (form === undefined || userId === undefined || !context.seesId(account, userId)) {
      return { state: 'UNEXPECTED_ERROR', message: 'No such event form or user' };
    }
    const existing = numberAt(event, 'existingEventId');
    if (existing !== undefined && !records.events.has(existing)) {
      return { state: 'UNEXPECTED_ERROR', message: 'No such event' };
    }
    const when = Object.fromEntries(WHEN.map((name) => [name, textOf(event[name])]));
    const stored = { userId, formName: form.name, enteredBy: account.id, when, rows: event['rows'] };
    return { state: 'SUCCESSFULLY_IMPORTED', ids: [records.writeEvent(stored, existing)] };
  });
  return json({ result: results });
}

function searchEvents(context: AmsContext, call: Call): Reply {
  const account = context.accountOf(call);
  const { formNames, userIds } = call.body;
  if (!Array.isArray(formNames) || !Array.isArray(userIds)) return json({ error: 'formNames and userIds are needed' });
  const events = [...context.records.events.values()]
    .filter(({ formName, userId }) => formNames.includes(formName) && userIds.includes(userId))
    .filter(({ userId }) => context.seesId(account, userId))
    .map(({ enteredBy, when, ...event }) => ({ ...event, ...when, enteredByUserId: enteredBy }));
  return json({ events });
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
