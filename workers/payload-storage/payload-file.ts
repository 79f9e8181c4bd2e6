import type { Payload } from '@temporalio/common';
import { z } from 'zod';

// A stored payload, as a file that a person can read: its metadata as one line of JSON, then its data as they are (JSON, mostly).

const headerSchema = z.object({ metadata: z.record(z.string(), z.base64()) });
const LINE_FEED = 0x0a;

export function payloadToFile({ metadata, data }: Payload): Buffer {
  const names = Object.keys(metadata ?? {}).sort();
  const encoded = names.map((name) => [name, Buffer.from(metadata?.[name] ?? []).toString('base64')]);
  const header = JSON.stringify({ metadata: Object.fromEntries(encoded) as Record<string, string> });
  return Buffer.concat([Buffer.from(`${header}\n`), data ?? new Uint8Array()]);
}

export function payloadFromFile(file: Buffer): Payload {
  const end = file.indexOf(LINE_FEED);
  const { metadata } = headerSchema.parse(JSON.parse(file.subarray(0, end).toString('utf8')));
  const decoded = Object.entries(metadata).map(([name, text]) => [name, new Uint8Array(Buffer.from(text, 'base64'))]);
  return {
    metadata: Object.fromEntries(decoded) as Record<string, Uint8Array>,
    data: new Uint8Array(file.subarray(end + 1)),
  };
}
