import { z } from 'zod';

/** A place in S3, or in a server that speaks its protocol. */
export const s3LocationSchema = z
  .strictObject({
    /** Name of the bucket; it must be there. */
    bucket: z.string().min(3).max(63),
    /** Beginning of all keys, for instance `tidemark/results`. Left out: none. */
    prefix: z
      .string()
      .min(1)
      .max(500)
      .regex(/^[^/].*[^/]$|^[^/]$/u, 'a prefix neither begins nor ends with a slash')
      .optional(),
    /** Region of the bucket. */
    region: z.string().min(1).default('us-east-1'),
    /** Address of a server that speaks S3's protocol. Left out: AWS. */
    endpoint: z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// address' }).optional(),
    /** Left out, with the secret: what AWS's own libraries find (variables, profile, role of the machine). */
    accessKeyId: z.string().min(1).optional(),
    /** Secret: write `${ENV}`, so that it is in no file. */
    secretAccessKey: z.string().min(1).optional(),
  })
  .refine(({ accessKeyId, secretAccessKey }) => (accessKeyId === undefined) === (secretAccessKey === undefined), {
    path: ['secretAccessKey'],
    message: "'accessKeyId' and 'secretAccessKey' go together: give both, or neither",
  });
export type S3Location = z.infer<typeof s3LocationSchema>;

/** Payloads of this size and more go to the storage, in bytes: the Temporal SDK's own default. */
const DEFAULT_THRESHOLD_BYTES = 262_144;

const thresholdBytes = z.int().min(1_024).max(2_097_152).default(DEFAULT_THRESHOLD_BYTES);

/** Where payloads go that are large for Temporal: workflow inputs with many inline rows. Every client and worker needs the same. */
export const payloadStorageSchema = z.discriminatedUnion('type', [
  z.strictObject({
    /** A folder. */
    type: z.literal('folder'),
    /** A folder that all clients and workers share; a relative one starts at the folder of the config file. */
    path: z.string().min(1),
    /** Payloads of this many bytes and more are stored there. */
    thresholdBytes,
  }),
  z.strictObject({
    /** S3, or a server that speaks its protocol. */
    type: z.literal('s3'),
    ...s3LocationSchema.shape,
    /** Payloads of this many bytes and more are stored there. */
    thresholdBytes,
  }),
]);
export type PayloadStorageConfig = z.infer<typeof payloadStorageSchema>;
