import { z } from 'zod';

/** A file of a Python project, as an index lists it. */
export interface WheelFile {
  filename: string;
  url: string;
  sha256: string | undefined;
}

/** Reply of an index that speaks JSON (PEP 691). Indexes add keys of their own. */
const indexReplySchema = z.object({
  files: z.array(
    z.object({
      filename: z.string(),
      url: z.string(),
      hashes: z.record(z.string(), z.string()).default({}),
      yanked: z.union([z.boolean(), z.string()]).default(false),
    }),
  ),
});

/** Files that an index lists, JSON (PEP 691) or HTML (PEP 503); addresses made absolute, withdrawn files left out. */
export function parseIndexPage(body: string, contentType: string, pageUrl: string): WheelFile[] {
  if (contentType.includes('json')) {
    const { files } = indexReplySchema.parse(JSON.parse(body));
    return files
      .filter((file) => file.yanked === false)
      .map(({ filename, url, hashes }) => ({ filename, url: new URL(url, pageUrl).href, sha256: hashes['sha256'] }));
  }
  return [...body.matchAll(/<a\s([^>]*)>/gi)].flatMap(([, attributes = '']) => {
    const href = /href\s*=\s*"([^"]*)"/i.exec(attributes)?.[1]?.replaceAll('&amp;', '&');
    if (href === undefined || /data-yanked/i.test(attributes)) return [];
    const url = new URL(href, pageUrl);
    const sha256 = /sha256=([0-9a-f]{64})/i.exec(url.hash)?.[1];
    url.hash = '';
    return [{ filename: decodeURIComponent(url.pathname.split('/').at(-1) ?? ''), url: url.href, sha256 }];
  });
}

const PLATFORM_TAGS: Record<string, RegExp> = {
  // The programs are linked statically, so a wheel for either C library serves.
  'linux-x64': /^(many|musl)linux.*_x86_64$/,
  'linux-arm64': /^(many|musl)linux.*_aarch64$/,
  'darwin-x64': /^macosx_.*_(x86_64|universal2)$/,
  'darwin-arm64': /^macosx_.*_(arm64|universal2)$/,
  'win32-x64': /^win_amd64$/,
  'win32-arm64': /^win_arm64$/,
};

/** The wheel for a platform: of the wanted version where the index has it, else of the newest one. Undefined when none fits. */
export function chooseWheel(
  files: readonly WheelFile[],
  platform: string,
  arch: string,
  wanted: string,
): WheelFile | undefined {
  const fits = PLATFORM_TAGS[`${platform}-${arch}`];
  if (fits === undefined) return undefined;
  const wheels = files.flatMap((file) => {
    // {name}-{version}-{python}-{abi}-{platform}.whl; the platform may be several, joined by dots. Releases only, no betas.
    const match = /^[^-]+-(\d+(?:\.\d+)*)-[^-]+-[^-]+-([^-]+)\.whl$/.exec(file.filename);
    const [, version, tags] = match ?? [];
    if (version === undefined || tags === undefined) return [];
    return tags.split('.').some((tag) => fits.test(tag)) ? [{ file, version }] : [];
  });
  const exact = wheels.find(({ version }) => version === wanted);
  const newest = wheels.sort((a, b) => compareVersions(b.version, a.version))[0];
  return (exact ?? newest)?.file;
}

function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split('.').map(Number)) as [number[], number[]];
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
