import { describe, expect, it } from '@jest/globals';
import { inOrder, progressMarkdown, type ProgressLine, type ProgressStage } from '../workflows/progress-markdown.js';

const at = Date.UTC(2026, 10, 21, 10, 39, 21);

function line(name: string, stage: ProgressStage, more: Partial<ProgressLine> = {}): ProgressLine {
  return { name, stage, state: stage, changed: at, ...more };
}

function details(
  lines: ProgressLine[],
  more: { note?: string; title?: string; marks?: ReadonlyMap<string, unknown> } = {},
): string {
  const { note, title = 'Convention upload of Geography', marks = new Map() } = more;
  return progressMarkdown({
    marks,
    title,
    noun: 'table',
    phase: 'sending tables',
    since: at,
    note,
    batchId: '7',
    lines,
  });
}

describe('the current details of a run', () => {
  it('say what the run is doing, since when, into which batch, and how far it is', () => {
    const text = details([
      line('geo_airports', 'sent', { rows: 3_376, bytes: 210_365, began: at, seconds: 75 }),
      line('geo_zip_codes', 'in work', { state: 'sending', began: at }),
      line('geo_time_zones', 'skipped', { state: 'skipped (no source data)' }),
      line('geo_regions', 'waiting'),
    ]);
    expect(text.replaceAll(/[\u2007\u00a0]/gu, ' ').split('\n')).toEqual([
      '### Convention upload of Geography',
      '',
      '**sending tables** since 2026-11-21 10:39:21 UTC · batch 7',
      '',
      '4 tables: 1 sending, 1 sent, 1 skipped, 1 waiting · 3,376 rows · 210.4 kB',
      '',
      '|table| state| rows| size| time|',
      '|:-|:-|-:|-:|-:|',
      '|geo_zip_codes| ▸ **sending**||| since 10:39:21|',
      '|geo_airports| ✓ sent| 3,376| 210.4 kB| 1 min 15 s|',
      '|geo_time_zones| – skipped (no source data)||||',
      '|geo_regions| ○ waiting||||',
    ]);
  });

  it('give the reason of the run above the table, and below it those of its tables that it does not hold', () => {
    const failed = (name: string, reason: string): ProgressLine => line(name, 'failed', { state: `error: ${reason}` });
    const text = details([failed('a', 'no such file'), failed('b', 'x'.repeat(500))], {
      note: 'Nothing was applied: no such file',
    });
    expect(text).toContain('\n\n> Nothing was applied: no such file\n\n');
    expect(text).toContain('|a|\u2007✗\u00a0**failed**|');
    expect(text).not.toContain('- **a:**');
    expect(text.endsWith(`\n\n- **b:** ${'x'.repeat(299)}…`)).toBe(true);
  });

  it('show the failed tables first, then those in work, the latest sent before earlier ones, and what waits last', () => {
    const lines = [
      line('a', 'waiting'),
      line('b', 'success'),
      line('c', 'sent'),
      line('d', 'sent', { changed: at + 1 }),
      line('e', 'in work'),
      line('f', 'failed'),
    ];
    expect(inOrder(lines).map(({ name }) => name)).toEqual(['f', 'e', 'd', 'c', 'b', 'a']);
  });

  it('show below them the high watermark of each table that has one, in the same order', () => {
    const marks = new Map<string, unknown>([
      ['b', '2026-11-21T10:39:21.123456+00:00'],
      ['a', null],
      ['c', { lsn: '0/16B3748' }],
      ['e', 'x'.repeat(60)],
      ['f', '42'],
    ]);
    const text = details([line('a', 'waiting'), line('b', 'success'), line('c', 'in work'), line('d', 'failed')], {
      marks,
    });
    expect(text.replaceAll('\u2007', ' ').split('\n\n').at(-1)).toBe(
      [
        '|table| high watermark|',
        '|:-|:-|',
        '|c| {"lsn":"0/16B3748"}|',
        '|b| 2026-11-21T10:39:21.123456+00:00|',
        '|a| none yet|',
      ].join('\n'),
    );
    expect(details([line('f', 'success')], { marks })).toContain('|\u2007"42"|');
    const long = details([line('e', 'success')], { marks });
    expect(long).toContain(`|\u2007${'x'.repeat(39)}…|`);
  });

  it('stay short enough for an address, however many tables there are and whatever their names', () => {
    const lines = Array.from({ length: 1_000 }, (_, index) =>
      line(`geo_${'table'.repeat(8)}_${index}`, 'success', { rows: 1_000_000, bytes: 1e9, seconds: 4_000 }),
    );
    const text = details(lines);
    expect(text).toContain('1,000 tables: 1,000 success');
    expect(text).toContain('… and 975 more');
    expect(encodeURIComponent(text).length).toBeLessThan(6_000);
    const marks = new Map(lines.map(({ name }) => [name, '2026-11-21T10:39:21.123456+00:00']));
    expect(encodeURIComponent(details(lines, { marks })).length).toBeLessThan(7_600);
  });

  it('show texts of others as they are: no markup, no link, no picture, no row or column of their own', () => {
    const text = details([line('a|b\n![x](http://x/)', 'in work', { state: '<b>*x*</b> `_y_`' })], { title: '# _t_' });
    expect(text).toContain('|a\\|b !\\[x\\](http://x/)|');
    expect(text).toContain('**\\<b\\>\\*x\\*\\</b\\> \\`\\_y\\_\\`**');
    expect(text).toContain('### # \\_t\\_\n');
  });
});
