import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from './run.mjs';
import { root } from './sources.mjs';

const requirements = path.join(root, 'test', 'peers', 'requirements.txt');
const folder = path.join(root, '.tidemark', 'peers');
const python = path.join(folder, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));

/**
 * The Python that has the peers installed, in a virtual environment of this checkout; made when it is missing or its list has changed.
 * Programs find it in `TIDEMARK_PEERS_PYTHON`.
 */
export async function peerPython() {
  const wanted = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const stamp = path.join(folder, 'installed');
  if (existsSync(python) && existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return python;
  console.error('Installing the peers (test/peers/requirements.txt) ...');
  await rm(folder, { recursive: true, force: true });
  await mkdir(path.dirname(folder), { recursive: true });
  await must(basePython(), ['-m', 'venv', folder]);
  await must(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  await writeFile(stamp, wanted);
  return python;
}

function basePython() {
  const question = 'import sys; print(sys.version_info >= (3, 10))';
  const found = ['python3', 'python'].find((name) => {
    try {
      return (
        execFileSync(name, ['-c', question], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() ===
        'True'
      );
    } catch {
      // No such program: the next name.
      return false;
    }
  });
  if (found === undefined) throw new Error('The peers need Python 3.10 or newer, and there is none on the PATH.');
  return found;
}

async function must(file, args) {
  // What pip prints goes to stderr: stdout belongs to the program that needs the peers.
  const code = await run(file, args, { stdio: ['ignore', 2, 2] });
  if (code !== 0)
    throw new Error(`${path.basename(file)} ${args.slice(0, 3).join(' ')} failed with exit code ${code}.`);
}
