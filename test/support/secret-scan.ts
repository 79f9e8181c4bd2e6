import type { Client, WorkflowHandle } from '@temporalio/client';

/** A thing that must be in no history, log line or error. */
export interface SecretMark {
  /** What a finding calls it; the secret itself is never repeated. */
  name: string;
  found: (text: string) => boolean;
}

/** One text in which a secret was found. */
export interface Leak {
  mark: string;
  where: string;
}

/** A text that must not occur: a client secret, a token, a word that is in every row. Empty ones are refused: they are everywhere. */
export function wordMark(name: string, word: string): SecretMark {
  if (word.length < 6) throw new Error(`'${name}' is too short to be searched for`);
  return { name, found: (text) => text.includes(word) };
}

/** What secrets look like, whoever made them. */
export const SHAPES: readonly SecretMark[] = [
  {
    name: 'a signed address',
    found: (text) => /[?&](x-amz-)?(signature|credential|security-token)=[^[\s"'&*]/iu.test(text),
  },
  { name: 'a bearer token', found: (text) => /\bbearer\s+[\w.~+/-]{16,}/iu.test(text) },
  { name: 'a token reply', found: (text) => /access_token\W{1,5}[\w.~+/-]{16,}/iu.test(text) },
  { name: 'a client secret', found: (text) => /client_?secret["':=\s]{1,5}[\w.~+/-]{8,}/iu.test(text) },
];

/** Searches one text. */
export function leaksIn(text: string, where: string, marks: readonly SecretMark[]): Leak[] {
  return marks.filter((mark) => mark.found(text)).map((mark) => ({ mark: mark.name, where }));
}

/** Searches a whole history: payloads, failures, headers, memos, summaries; everything that Temporal keeps of a run. */
export async function leaksInHistory(
  client: Client,
  execution: { workflowId: string; runId?: string },
  marks: readonly SecretMark[],
): Promise<Leak[]> {
  const { events } = await client.workflow.getHandle(execution.workflowId, execution.runId).fetchHistory();
  return leaksInEvents(execution.workflowId, events ?? [], marks);
}

/** The same in a history that has been fetched. */
export function leaksInEvents(
  workflowId: string,
  events: readonly HistoryEvent[],
  marks: readonly SecretMark[],
): Leak[] {
  const texts = events.map((event) => textsOf(event).join('\n'));
  return leaksInTexts(texts, marks, (index) => `${workflowId}, event ${String(events[index]?.eventId)}`);
}

/** The same in many texts: one look for each mark at all of them; what is found, and only that, is looked for in each. */
export function leaksInTexts(
  texts: readonly string[],
  marks: readonly SecretMark[],
  where: (index: number) => string,
): Leak[] {
  const whole = texts.join('\n');
  const found = marks.filter((mark) => mark.found(whole));
  if (found.length === 0) return [];
  return texts.flatMap((text, index) => leaksIn(text, where(index), found));
}

export type HistoryEvent = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

/** Every text inside a value; bytes, as payloads hold them, read as UTF-8. */
export function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (Array.isArray(value)) return value.flatMap((item) => textsOf(item));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...textsOf(item)]);
}
