import { titanError } from './errors.js';

/** A path whose ids are encoded, so that none of them can lead elsewhere: apiPath`/api/v1/branches/${id}`. */
export function apiPath(parts: TemplateStringsArray, ...ids: (string | number)[]): string {
  return parts.map((part, index) => part + (index < ids.length ? segment(ids[index] ?? '') : '')).join('');
}

function segment(id: string | number): string {
  const text = String(id);
  // These would still be read as steps in the path after encoding, and an empty id would name the list.
  if (text.trim() === '' || text === '.' || text === '..') {
    throw titanError('TITAN_INVALID', `${JSON.stringify(text)} is not an id`);
  }
  return encodeURIComponent(text);
}
