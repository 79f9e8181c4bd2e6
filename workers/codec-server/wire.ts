import type { Payload } from '@temporalio/common';
import { z } from 'zod';

const base64 = z.base64();

/** A list of payloads as Temporal's remote codec protocol writes it: protobuf's JSON, bytes in base64. */
export const payloadsSchema = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), base64).default({}), data: base64.default('') }))
    .default([]),
});

export function payloadsFrom({ payloads }: z.output<typeof payloadsSchema>): Payload[] {
  return payloads.map(({ metadata, data }) => ({
    metadata: Object.fromEntries(Object.entries(metadata).map(([key, text]) => [key, Buffer.from(text, 'base64')])),
    data: Buffer.from(data, 'base64'),
  }));
}

export function payloadsTo(payloads: readonly Payload[]): z.output<typeof payloadsSchema> {
  return {
    payloads: payloads.map(({ metadata, data }) => ({
      metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([key, bytes]) => [key, text(bytes)])),
      data: text(data ?? new Uint8Array()),
    })),
  };
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
