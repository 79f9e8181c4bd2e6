import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { confirm } from '../cli/confirm.js';
import { userName } from '../cli/user-name.js';

/** A terminal whose user types these lines; what it shows is in `shown`. */
function terminal(typed: string, isTTY = true) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough(), { isTTY });
  let shown = '';
  output.on('data', (text: Buffer) => {
    shown += text.toString();
  });
  input.end(typed);
  return { input, output, shown: () => shown };
}

it('who runs a command is told by number where the system has no name for it', () => {
  expect(userName(() => ({ username: 'ann' }))).toBe('ann');
  const nameless = () => {
    throw new Error('uv_os_get_passwd');
  };
  expect(userName(nameless)).toMatch(/^(uid \d+|somebody)$/u);
});

describe('a question on a terminal', () => {
  it.each([
    ['y\n', true],
    ['YES\n', true],
    ['n\n', false],
    ['no\n', false],
    // The end of the input, as Ctrl-D makes it.
    ['', false],
  ])('is answered by %j with %s', async (typed, answer) => {
    expect(await confirm('Apply?', terminal(typed))).toBe(answer);
  });

  it('shows what the answers are', async () => {
    const asked = terminal('n\n');
    await confirm('Apply?', asked);
    expect(asked.shown()).toBe('Apply? [y/n] ');
  });

  it('is an error that names --yes where there is none', async () => {
    await expect(confirm('Apply?', terminal('y\n', false))).rejects.toMatchObject({
      code: 'CONFIRMATION_NEEDED',
      message: expect.stringContaining('--yes'),
    });
  });
});
