import type * as AwsSdk from '@aws-sdk/client-s3';
import { notInstalled, s3Error } from './errors.js';
import type { S3Location } from './schema.js';

type Sdk = typeof AwsSdk;
type S3Client = AwsSdk.S3Client;

/** One place in S3: small objects, put and read whole. AWS's library is loaded with the first call, since most users need none. */
export class S3Bucket {
  readonly #location: S3Location;
  #opened: Promise<{ sdk: Sdk; client: S3Client }> | undefined;

  constructor(location: S3Location) {
    this.#location = location;
  }

  /** The place as people write it, without a slash at its end: `s3://bucket/prefix`. */
  get address(): string {
    const { bucket, prefix } = this.#location;
    return `s3://${bucket}${prefix === undefined ? '' : `/${prefix}`}`;
  }

  /** Puts an object, whole, in the place of any of that key. Errors `S3_*`. */
  async put(key: string, body: Uint8Array, contentType: string, signal?: AbortSignal): Promise<void> {
    await this.#call(key, signal, ({ sdk, client, object, options }) =>
      client.send(new sdk.PutObjectCommand({ ...object, Body: body, ContentType: contentType }), options),
    );
  }

  /** Reads an object. Error `S3_NO_OBJECT` when there is none of that key. */
  async get(key: string, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#call(key, signal, async ({ sdk, client, object, options }) => {
      const { Body } = await client.send(new sdk.GetObjectCommand(object), options);
      return Body === undefined ? new Uint8Array() : Body.transformToByteArray();
    });
  }

  async exists(key: string, signal?: AbortSignal): Promise<boolean> {
    return this.#call(key, signal, async ({ sdk, client, object, options }) => {
      try {
        await client.send(new sdk.HeadObjectCommand(object), options);
        return true;
      } catch (error) {
        // AWS answers 403 for what is not there to those who may not list. A bucket that is not there, or not open, is told by the put
        // that follows: the reply to HEAD has no body that could.
        const status = error instanceof sdk.S3ServiceException ? error.$metadata.httpStatusCode : undefined;
        if (status === 404 || status === 403) return false;
        throw error;
      }
    });
  }

  async #call<T>(key: string, signal: AbortSignal | undefined, send: (call: Call) => Promise<T>): Promise<T> {
    const { bucket, prefix } = this.#location;
    const Key = prefix === undefined ? key : `${prefix}/${key}`;
    const { sdk, client } = await (this.#opened ??= open(this.#location));
    try {
      const options = signal === undefined ? {} : { abortSignal: signal };
      return await send({ sdk, client, object: { Bucket: bucket, Key }, options });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw s3Error(error, `${this.address}/${key}`);
    }
  }
}

interface Call {
  sdk: Sdk;
  client: S3Client;
  object: { Bucket: string; Key: string };
  options: { abortSignal?: AbortSignal };
}

async function open(location: S3Location): Promise<{ sdk: Sdk; client: S3Client }> {
  const sdk = await import('@aws-sdk/client-s3').catch((cause: unknown) => {
    throw notInstalled('@aws-sdk/client-s3', cause);
  });
  const { region, endpoint, accessKeyId, secretAccessKey } = location;
  const client = new sdk.S3Client({
    region,
    // Servers other than AWS's have one host name, and know only the checksums that the protocol requires.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true, ...ONLY_REQUIRED_CHECKSUMS }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
  });
  return { sdk, client };
}

const ONLY_REQUIRED_CHECKSUMS = {
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
} as const;
