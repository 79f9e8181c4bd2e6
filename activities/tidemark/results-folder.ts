import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { ResultsReference } from '../../contracts/titan-results.js';

/** One part of a long list, named by the run that made it. */
export interface ResultsPart {
  workflowId: string;
  runId: string;
  name: string;
  part: number;
}

/** Where lists go that are too long for a workflow's result. */
export interface ResultsLocation {
  /** Writes one part, replacing what an earlier attempt wrote; returns the location that a reference carries. */
  write(part: ResultsPart, entries: readonly unknown[]): Promise<string>;
  /** All entries of a list, in order. */
  read(reference: ResultsReference): Promise<unknown[]>;
}

/** A folder that all workers of the task queue share. */
export class ResultsFolder implements ResultsLocation {
  constructor(private readonly root: string) {}

  async write(part: ResultsPart, entries: readonly unknown[]): Promise<string> {
    const location = path.join(safeName(part.workflowId), safeName(part.runId));
    const folder = path.join(this.root, location);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = path.join(folder, fileName(part.name, part.part));
    const temporary = `${file}.${process.pid}.tmp`;
    await writeFile(temporary, JSON.stringify(entries, null, 1), { mode: 0o600 });
    await rename(temporary, file);
    return location;
  }

  /** Absolute path of a part that was written. */
  pathOf({ workflowId, runId, name, part }: ResultsPart): string {
    return path.join(this.root, safeName(workflowId), safeName(runId), fileName(name, part));
  }

  async read(reference: ResultsReference): Promise<unknown[]> {
    const lists: unknown[][] = [];
    for (let part = 1; part <= reference.parts; part += 1) {
      const file = path.join(this.root, reference.location, fileName(reference.name, part));
      lists.push(z.array(z.unknown()).parse(JSON.parse(await readFile(file, 'utf8'))));
    }
    return lists.flat();
  }
}

export function fileName(name: string, part: number): string {
  return `${safeName(name)}-${String(part).padStart(4, '0')}.json`;
}

/** One path segment, whatever the id: `..` and `.` mean folders, all else unsafe is encoded. */
export function safeName(id: string): string {
  return encodeURIComponent(id).replace(/^\.+$/u, (dots) => dots.replaceAll('.', '%2E'));
}
