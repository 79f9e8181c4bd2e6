import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const noteSchema = z.object({
  address: z.string(),
  namespace: z.string(),
  webUi: z.string().optional(),
  /** Process that keeps the server up. */
  pid: z.int(),
  /** Its sandbox, when it started one. */
  sandbox: z.object({ url: z.string(), clientId: z.string(), clientSecret: z.string() }).optional(),
  /** Its sandbox of AMS, when it started one. */
  ams: z.object({ url: z.string(), username: z.string(), password: z.string() }).optional(),
  /** Its PostgreSQL, when it started one. */
  postgres: z.object({ url: z.string(), user: z.string(), password: z.string() }).optional(),
});
/** What `tidemark dev` leaves for the other commands of the same project while it is up. */
export type LocalServerNote = z.infer<typeof noteSchema>;

const fileIn = (folder: string) => join(folder, '.tidemark', 'dev.json');

/** Leaves a note that a local server is up; the function returned takes it away. */
export async function announceLocalServer(folder: string, note: LocalServerNote): Promise<() => Promise<void>> {
  const file = fileIn(folder);
  await mkdir(join(folder, '.tidemark'), { recursive: true });
  const temporary = `${file}.${note.pid}`;
  await writeFile(temporary, `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, file);
  return async () => {
    // Another `tidemark dev` may have put its own there meanwhile.
    if ((await readNote(file))?.pid === note.pid) await rm(file, { force: true });
  };
}

/** The local server of a project, if one is up. */
export async function localServerOf(folder: string): Promise<LocalServerNote | undefined> {
  const note = await readNote(fileIn(folder));
  return note !== undefined && isAlive(note.pid) ? note : undefined;
}

async function readNote(file: string): Promise<LocalServerNote | undefined> {
  try {
    return noteSchema.safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
  } catch {
    // No note, or half of one: then no server is known.
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is such a process, of another user.
    return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EPERM';
  }
}
