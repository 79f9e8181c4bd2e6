import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startAmsSandbox, type AmsSandbox } from '../../sandbox/ams/index.js';
import { startCliWorker, type CliOptions } from './cli.js';
import { temporalTestEnvironment } from './environment.js';
import { noteSecrets } from './known-secrets.js';

export const FORM = 'Athlete Profile';

/** A project with two pipelines of profiles, a sandbox of AMS, and a worker. */
export interface ProfilesProject {
  sandbox: AmsSandbox;
  /** For the command: the project's folder and its environment. */
  options: CliOptions;
  /** Names of the pipelines: one sends at once, one asks before. */
  plain: string;
  asking: string;
  /** Makes the table that they send. */
  put: (...usernames: string[]) => Promise<void>;
  close: () => Promise<void>;
}

export async function startProfilesProject(): Promise<ProfilesProject> {
  const temporal = await temporalTestEnvironment();
  const sandbox = await startAmsSandbox();
  noteSecrets([sandbox.password]);
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-cli-ams-'));
  await mkdir(path.join(folder, 'lake'));
  const id = randomUUID().slice(0, 8);
  const [plain, asking] = [`plain-${id}`, `asking-${id}`];
  const input = `connection: club, form: ${FORM}, idColumn: username, source: { connection: lake, table: squad }`;
  await writeFile(
    path.join(folder, 'tidemark.yaml'),
    `version: 1
temporal: { taskQueue: cli-${id} }
connections:
  club: { type: ams, url: '\${CLUB_URL}' }
  lake: { type: files, path: lake }
pipelines:
  ${plain}: { workflow: amsUpsertProfiles, input: { ${input} } }
  ${asking}: { workflow: amsUpsertProfiles, input: { ${input}, requireConfirmation: true } }
`,
  );
  const put = (...usernames: string[]) =>
    writeFile(
      path.join(folder, 'lake', 'squad.csv'),
      ['username,Locker,Height cm', ...usernames.map((name, index) => `${name},00${index},180.5`), ''].join('\n'),
    );
  await put('ada.amberley.2', 'bo.amberley');
  const options = {
    cwd: folder,
    env: {
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      CLUB_URL: sandbox.url,
      // The credentials' own variables: nothing of them is in the config.
      AMS_USERNAME: sandbox.username,
      AMS_PASSWORD: sandbox.password,
    },
  };
  const worker = startCliWorker(options);
  await worker.line(/^worker: polls task queue/);
  const close = async (): Promise<void> => {
    worker.child.kill('SIGTERM');
    await worker.ended;
    noteSecrets(sandbox.issuedSessions);
    await sandbox.close();
    await rm(folder, { recursive: true });
    await temporal.close();
  };
  return { sandbox, options, plain, asking, put, close };
}
