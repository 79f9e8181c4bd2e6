import { isRecord } from '../http/is-record.js';
import { isSuccessState, placesOf, saidBy } from './said.js';

/** What an import says that it did, once its reply is known to be no error. */
export interface ImportReply {
  /** Undefined where the reply says neither success nor failure. */
  succeeded: boolean | undefined;
  /** Of the record written; the first, where a server tells several. */
  id: number | null;
  message: string;
  /** Names that the message lists in brackets: fields that the server dropped, where they are among those that were sent. */
  listed: string[];
}

/**
 * Reads the reply of `profileimport`, of which only a tolerant reader's idea is known: state and ids at the top, under `result` or
 * under `data`; a message that may read `0 out of 1`, and may list dropped fields as `[a, b]`.
 */
export function readImport(reply: unknown): ImportReply {
  const { state, message = '' } = saidBy(reply);
  const [, done, all] = /\b(\d+) out of (\d+)\b/u.exec(message) ?? [];
  const isPart = done !== undefined && Number(done) < Number(all);
  return {
    succeeded: state === undefined ? undefined : isSuccessState(state) && !isPart,
    id: isRecord(reply) ? firstId(reply) : null,
    message,
    listed: [...message.matchAll(/\[([^\]]*)\]/gu)].flatMap(([, names = '']) =>
      names.split(',').map((name) => name.trim()),
    ),
  };
}

function firstId(reply: Record<string, unknown>): number | null {
  const ids = placesOf(reply).flatMap((place): unknown[] => {
    const found = place['ids'] ?? place['id'];
    return Array.isArray(found) ? found : [found];
  });
  const id = ids.map((each) => (typeof each === 'string' && /^\d+$/u.test(each) ? Number(each) : each));
  return id.find((each): each is number => typeof each === 'number' && Number.isSafeInteger(each)) ?? null;
}
