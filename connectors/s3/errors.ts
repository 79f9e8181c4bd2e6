import { TidemarkError } from '../../contracts/errors.js';

/** Names that S3 and AWS's library give to refusals that no repetition changes. */
const ACCESS = new Set([
  'AccessDenied',
  'CredentialsProviderError',
  'ExpiredToken',
  'Forbidden',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
]);

/** Statuses below 500 that mean: later. */
const AGAIN = new Set([408, 429]);

/** What a failed call means. The library's own error names no credential, but its request does: it is not attached. */
export function s3Error(error: unknown, where: string): TidemarkError {
  const { name, httpStatus } = factsOf(error);
  const status = httpStatus === undefined ? {} : { httpStatus };
  if (name === 'NoSuchBucket')
    return new TidemarkError(`S3 has no such bucket: ${where}.`, {
      code: 'S3_NO_BUCKET',
      retryable: false,
      mend: "Make the bucket, or correct 'bucket', 'endpoint' and 'region'.",
      ...status,
    });
  if (name === 'NoSuchKey' || name === 'NotFound')
    return new TidemarkError(`S3 has no such object: ${where}.`, {
      code: 'S3_NO_OBJECT',
      retryable: false,
      mend: 'Was it removed, by a lifecycle rule for instance? Keep objects longer than Temporal keeps its histories.',
      ...status,
    });
  if (ACCESS.has(name) || httpStatus === 401 || httpStatus === 403)
    return new TidemarkError(`S3 refuses access (${name}): ${where}.`, {
      code: 'S3_ACCESS',
      retryable: false,
      mend: 'Check the credentials, and their right to get and put objects there.',
      ...status,
    });
  if (httpStatus !== undefined && httpStatus >= 400 && httpStatus < 500 && !AGAIN.has(httpStatus))
    return new TidemarkError(`S3 refuses the call (${name}): ${where}.`, {
      code: 'S3_REFUSED',
      retryable: false,
      mend: "The name in brackets is the server's own; its documentation says what it means.",
      ...status,
    });
  return new TidemarkError(`S3 cannot be reached, or could not do it (${name}): ${where}.`, {
    code: 'S3_UNAVAILABLE',
    retryable: true,
    ...status,
  });
}

export function notInstalled(name: string, cause: unknown): TidemarkError {
  return new TidemarkError(`The package ${name} is needed for S3 and could not be loaded.`, {
    code: 'S3_NOT_INSTALLED',
    retryable: false,
    mend: `Install it beside Tidemark: npm install ${name}.`,
    cause,
  });
}

function factsOf(error: unknown): { name: string; httpStatus: number | undefined } {
  if (typeof error !== 'object' || error === null) return { name: 'unknown', httpStatus: undefined };
  const named = 'name' in error && typeof error.name === 'string' ? error.name : 'unknown';
  // A connection that fails has the system's code, which says more.
  const name = named === 'Error' && 'code' in error && typeof error.code === 'string' ? error.code : named;
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  const status: unknown =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? metadata.httpStatusCode
      : undefined;
  return { name, httpStatus: typeof status === 'number' ? status : undefined };
}
