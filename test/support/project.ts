import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface Project {
  folder: string;
  /** Unique, since pipelines become workflow ids and the Temporal server is that of the whole test run. */
  up: string;
  down: string;
  taskQueue: string;
  put: (file: string, text: string) => Promise<void>;
  remove: () => Promise<void>;
}

/** A folder with a tidemark.yaml, as a user has it: one tenant, the folders `lake` and `landing`, a pipeline each way. `more` is added to it. */
export async function makeProject(url = '${TITAN_URL}', more = ''): Promise<Project> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-project-'));
  const id = randomUUID().slice(0, 8);
  const project: Project = {
    folder,
    up: `up-${id}`,
    down: `down-${id}`,
    taskQueue: `cli-${id}`,
    put: async (file, text) => {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), text);
    },
    remove: () => rm(folder, { recursive: true }),
  };
  const input = 'connection: tenant, branch: { name: main }, domain: Customer, poll: { intervalSeconds: 0.1 }';
  await project.put(
    'tidemark.yaml',
    `version: 1
temporal: { taskQueue: ${project.taskQueue} }
connections:
  tenant:
    type: titanrdm
    url: ${url}
    clientId: \${TITAN_ID:-sandbox}
    clientSecret: \${TITAN_SECRET:-sandbox}
  lake: { type: files, path: lake }
  landing: { type: files, path: landing }
pipelines:
  ${project.up}:
    workflow: titanConventionUpload
    input: { ${input}, store: lake }
  ${project.down}:
    workflow: titanConventionDownload
    input: { ${input}, store: landing }
${more}`,
  );
  await project.put(
    'lake/cust_customers.csv',
    'customer_code,name,segment,credit_limit,active\n007,Bond,NA,1.10,true\n008,"Bill, jr.",,,\n',
  );
  await project.put('lake/cust_segments.csv', 'segment,description\nNA,\n');
  await mkdir(path.join(folder, 'landing'));
  return project;
}
