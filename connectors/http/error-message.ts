import { cutText } from '../../contracts/errors.js';
import { isRecord } from './is-record.js';

/** Longest text of a server that is put into an error, in characters. */
export const MAX_SERVER_TEXT = 500;

/**
 * What a refusal's body says, in one line. Known shapes (titan-rdm-sdk 2.0.0 and TitanRDM's documentation): `{message}`,
 * `{error, error_description}`, `{errors}`, `{error, errors}`; otherwise the body's text, cut; `HTTP <status>` when it is empty.
 * Unlike the SDK, `errors` may also be a text, an object of lists, or a list of objects, and a null message is no message.
 */
export function serverMessage(status: number, body: string): string {
  return cutText(oneLine(fromBody(body)) || `HTTP ${status}`, MAX_SERVER_TEXT);
}

function fromBody(body: string): string {
  const trimmed = body.trim();
  if (trimmed === '') return '';
  // An error page of a proxy: its title says all that helps.
  if (trimmed.startsWith('<') && !trimmed.startsWith('<?xml')) return /<title[^>]*>([^<]+)/iu.exec(trimmed)?.[1] ?? '';
  let reply: unknown;
  try {
    reply = JSON.parse(trimmed);
  } catch {
    // Not JSON: the text itself is the message.
    return trimmed;
  }
  return fromJson(reply) || trimmed;
}

function fromJson(reply: unknown): string {
  if (!isRecord(reply)) return typeof reply === 'string' ? reply : '';
  if (isText(reply['message'])) return reply['message'];
  const error = listed(reply['error']);
  const description = listed(reply['error_description']);
  const errors = listed(reply['errors']);
  return [...new Set([error, description, errors].filter((part) => part !== ''))].join(': ');
}

/** A text, a list or an object of texts, as one text. */
function listed(value: unknown): string {
  if (isText(value)) return value;
  if (Array.isArray(value)) return value.map(listed).filter(Boolean).join('; ');
  if (!isRecord(value)) return '';
  for (const name of ['message', 'detail', 'title', 'error']) {
    const inner = value[name];
    if (isText(inner)) return inner;
  }
  return Object.entries(value)
    .map(([name, inner]) => [name, listed(inner)] as const)
    .filter(([, text]) => text !== '')
    .map(([name, text]) => `${name}: ${text}`)
    .join('; ');
}

/** White space of any kind becomes one space. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').trim();
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}
