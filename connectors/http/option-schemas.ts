import { z } from 'zod';
import type { CallLog } from './call-log.js';

export const milliseconds = z.number().int().positive().max(2_147_483_647);

/** An address without slashes at its end; `example` is shown to who gives none. */
export const webAddress = (example: string) =>
  z
    .url({ protocol: /^https?$/u, error: `must be an http or https address, for instance ${example}` })
    .refine((text) => {
      if (!URL.canParse(text)) return false;
      const { username, password, search, hash } = new URL(text);
      return username + password + search + hash === '';
    }, 'must not contain a user, a query or a fragment')
    .transform((text) => text.replace(/\/+$/u, ''));

/** Tries after the first. */
export const retryTries = z
  .strictObject({
    limit: z.int().min(0).max(100).default(5),
    firstDelayMs: milliseconds.default(500),
    maxDelayMs: milliseconds.default(30_000),
  })
  .prefault({});

export const callLog = z.custom<CallLog>((value) => typeof value === 'function', 'must be a function').optional();

/** Each option that is wrong, never its value. */
export function wrongOptions(of: string, error: z.core.$ZodError): string {
  const problems = error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`);
  return `Wrong options of ${of}: ${problems.join('; ')}`;
}
