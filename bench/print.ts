import { fleetLines } from './fleet/figures.js';
import type { CaseResult, Measure, Report } from './report.js';

/** A report as people read it. */
export function printReport(report: Report, say: (line: string) => void): void {
  for (const result of report.cases) printCase(report.bench, result, say);
  for (const note of report.notes) say(`- ${note}`);
  const { cpus, cpu, memoryGigabytes, node, platform, loadBefore, loadAfter } = report.machine;
  say(
    `${cpus} CPUs (${cpu}), ${memoryGigabytes.toFixed(0)} GB, ${platform}, Node ${node}, load ${loadBefore.toFixed(1)} before, ${loadAfter.toFixed(1)} after`,
  );
}

function printCase(bench: string, result: CaseResult, say: (line: string) => void): void {
  const { tables, rows, bytes } = result;
  const what = tables === 1 ? 'one table' : `${tables} tables`;
  say('');
  say(`${bench}, case ${result.case}: ${what}, ${rows.toLocaleString('en')} rows, ${(bytes / 1e6).toFixed(1)} MB`);
  const header = ['', 'seconds', 'rows/s', 'MB/s', 'peak MB', 'each round'];
  const contenders: [string, Measure | null | undefined][] = [
    ['tidemark', result.tidemark],
    ['one session', result.oneSession],
    ['peer', result.peer],
    ['arrow', result.arrow],
    ['bare', result.bare],
    ['limit', result.limit],
  ];
  const lines = contenders.flatMap(([name, figures]) =>
    figures === null || figures === undefined ? [] : [cells(name, figures)],
  );
  for (const line of aligned([header, ...lines])) say(line);
  say('');
  for (const line of ratios(result)) say(line);
  for (const line of result.fleet === undefined ? [] : fleetLines(result.fleet)) say(line);
  say('');
}

function cells(name: string, figures: Measure): string[] {
  return [
    name,
    figures.seconds.toFixed(3),
    Math.round(figures.rowsPerSecond).toLocaleString('en'),
    figures.megabytesPerSecond.toFixed(1),
    Math.round(figures.peakRssMegabytes).toLocaleString('en'),
    figures.eachRound.map((seconds) => seconds.toFixed(2)).join(' '),
  ];
}

function ratios(result: CaseResult): string[] {
  const line = (label: string, value: number | null | undefined, unit: string, digits = 2): string[] =>
    value === null || value === undefined ? [] : [`${label}: ${value.toFixed(digits)}${unit}`];
  return [
    ...line('speed over the peer', result.speedOverPeer, ' times'),
    ...line("speed over the peer's Arrow path", result.speedOverArrow, ' times'),
    ...line('after the wait', result.tidemarkAfterWaitSeconds, ' s'),
    ...line('the peer after the wait', result.peerAfterWaitSeconds, ' s'),
    ...line('speed over the peer after the wait', result.speedOverPeerAfterWait, ' times'),
    ...line('share of the limit', result.shareOfLimit * 100, ' %', 1),
    ...line('share of concurrency × the serial rate', result.shareOfConcurrency, ''),
    ...line('requests under way at a time, at most', result.peakInFlight, '', 0),
    ...line('live memory of the worker', result.liveMegabytes, ' MB', 1),
    ...line('its growth from a tenth of the rows to all', result.memoryGrowthMegabytes, ' MB', 1),
    ...line('growth of the table', result.tableGrowth === undefined ? undefined : result.tableGrowth * 100, ' %', 1),
    ...line('orchestration', result.orchestrationMillisecondsPerTable, ' ms per table', 1),
    ...line('the whole workflow', result.wholeWorkflowSeconds, ' s'),
    ...line("the sandbox's processing, in nobody's time", result.sandboxProcessingSeconds, ' s'),
    ...line('the peer reading its file, not in its time', result.peerReadSeconds, ' s'),
  ];
}

/** The first column to the left, numbers to the right. */
function aligned(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
