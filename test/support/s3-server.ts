import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { S3Location } from '../../contracts/config.js';
import { placeInCache, withWorkFolder } from '../../workers/dev-server/cache.js';
import { cacheFolder, freePort, startSupervised } from '../../workers/dev-server/index.js';
import { lastLine, runProgram } from '../../workers/dev-server/run-program.js';
import { noteSecrets } from './known-secrets.js';

/** The server that these tests are held to. It is built once from the Go module proxy and kept in Tidemark's cache. */
const VERSION = 'v1.8.0';
const BUILD_TIMEOUT_MS = 10 * 60_000;
const READY_TIMEOUT_MS = 20_000;

export interface S3Server {
  /** A bucket of its own, with credentials. */
  location: S3Location & { endpoint: string; accessKeyId: string; secretAccessKey: string };
  /** Keys of all objects, sorted. */
  keys: () => Promise<string[]>;
  /** Stops it. */
  close: () => Promise<void>;
}

/** Starts versitygw, a server that speaks S3's protocol over a folder, on a free port, with a bucket. */
export async function startS3Server(): Promise<S3Server> {
  const program = await versitygw();
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-s3-'));
  const [data, sidecar] = [path.join(folder, 'data'), path.join(folder, 'metadata')];
  await Promise.all([mkdir(data), mkdir(sidecar)]);
  const location = {
    bucket: 'tidemark-test',
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${await freePort()}`,
    accessKeyId: `AK${randomUUID().slice(0, 8)}`,
    secretAccessKey: randomUUID(),
  };
  noteSecrets([location.secretAccessKey]);
  const { host } = new URL(location.endpoint);
  // Beside the files, since not every file system keeps extended attributes.
  const args = ['--port', host, '--quiet', 'posix', '--sidecar', sidecar, data];
  const server = await startSupervised(program, args, {
    env: { ...process.env, ROOT_ACCESS_KEY: location.accessKeyId, ROOT_SECRET_KEY: location.secretAccessKey },
  });
  const { accessKeyId, secretAccessKey, endpoint, region } = location;
  const client = new S3Client({
    region,
    endpoint,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  const close = async (): Promise<void> => {
    client.destroy();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      await client.send(new CreateBucketCommand({ Bucket: location.bucket }));
      break;
    } catch (error) {
      if (Date.now() < deadline && !server.hasEnded()) {
        await sleep(100);
        continue;
      }
      await close();
      throw error;
    }
  }
  return {
    location,
    keys: async () => {
      const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: location.bucket }));
      return (Contents ?? []).map(({ Key }) => Key ?? '').sort();
    },
    close,
  };
}

async function versitygw(): Promise<string> {
  const cache = cacheFolder();
  const cached = path.join(cache, 'bin', `versitygw-${VERSION}`);
  if (existsSync(cached)) return cached;
  return withWorkFolder(cache, async (folder) => {
    const what = `github.com/versity/versitygw/cmd/versitygw@${VERSION}`;
    const env = { ...process.env, GOBIN: folder, GOFLAGS: '' };
    const { code, stderr } = await runProgram('go', ['install', what], { timeoutMs: BUILD_TIMEOUT_MS, env });
    if (code !== 0) throw new Error(`go install ${what}: ${lastLine(stderr)}`);
    return placeInCache(path.join(folder, 'versitygw'), cached);
  });
}
