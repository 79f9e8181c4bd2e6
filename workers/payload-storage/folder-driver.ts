import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import {
  StorageDriverClaim,
  type Payload,
  type StorageDriver,
  type StorageDriverRetrieveContext,
  type StorageDriverStoreContext,
} from '@temporalio/common';
import { TidemarkError } from '../../contracts/errors.js';
import { payloadFromFile, payloadToFile } from './payload-file.js';

const NAME = 'tidemark.folder';
const SHA_256 = /^[0-9a-f]{64}$/u;

/**
 * Temporal's external payload storage in a folder that all clients and workers share. A payload is a file named by the hash of its
 * content, so that the same payload is stored once however often it is passed on, and what was read is known to be what was written.
 */
export class FolderStorageDriver implements StorageDriver {
  readonly name = NAME;
  readonly type = NAME;

  /** @param folder absolute path */
  constructor(private readonly folder: string) {}

  async store(context: StorageDriverStoreContext, payloads: Payload[]): Promise<StorageDriverClaim[]> {
    return Promise.all(payloads.map((payload) => this.storeOne(payload, context.abortSignal)));
  }

  async retrieve(context: StorageDriverRetrieveContext, claims: StorageDriverClaim[]): Promise<Payload[]> {
    return Promise.all(claims.map((claim) => this.retrieveOne(claim, context.abortSignal)));
  }

  private async storeOne(payload: Payload, signal?: AbortSignal): Promise<StorageDriverClaim> {
    const content = payloadToFile(payload);
    const hash = sha256(content);
    const file = this.fileOf(hash);
    if (!(await touched(file))) {
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      await writeWhole(file, content, signal);
    }
    return new StorageDriverClaim({ hash });
  }

  private async retrieveOne({ claimData }: StorageDriverClaim, signal?: AbortSignal): Promise<Payload> {
    const hash = claimData['hash'] ?? '';
    // The claim comes from a history: it must not name a file elsewhere.
    if (!SHA_256.test(hash)) throw broken('A reference to a stored payload is not one of this storage.');
    const file = this.fileOf(hash);
    const content = await readFile(file, { signal }).catch((cause: unknown) => {
      if (signal?.aborted === true) throw cause;
      throw lost(file, cause);
    });
    if (sha256(content) !== hash) throw broken(`The stored payload ${file} is not what was written.`);
    return payloadFromFile(content);
  }

  /** Folders of their own for each 256th, since some file systems are slow with many files in one. */
  private fileOf(hash: string): string {
    return path.join(this.folder, 'v1', hash.slice(0, 2), hash);
  }
}

/** Whether the file is there already. Then its time is renewed: who removes old ones goes by it. */
async function touched(file: string): Promise<boolean> {
  const now = new Date();
  return utimes(file, now, now).then(
    () => true,
    () => false,
  );
}

/** Under another name first, so that nobody reads a part; on the disk before its name, so that a reference never leads to nothing. */
async function writeWhole(file: string, content: Buffer, signal?: AbortSignal): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(content, { signal });
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

function lost(file: string, cause: unknown): TidemarkError {
  return new TidemarkError(`The stored payload ${file} cannot be read.`, {
    code: 'PAYLOAD_LOST',
    retryable: true,
    mend: 'Give all clients and workers the same folder, and keep its files longer than Temporal keeps its histories.',
    cause,
  });
}

function broken(message: string): TidemarkError {
  return new TidemarkError(message, {
    code: 'PAYLOAD_BROKEN',
    retryable: false,
    mend: 'Restore the folder from a backup; a run that needs the payload cannot go on without it.',
  });
}
