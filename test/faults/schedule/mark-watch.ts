import { setTimeout as sleep } from 'node:timers/promises';
import type { Findings } from '../findings.js';
import type { TargetTable } from '../target-table.js';
import { toldOfIngest, toldWatermarks } from '../told-watermarks.js';
import type { ScheduleCell } from './schedule-cell.js';

const WATCH_EVERY_MS = 100;

/** Looks at the watermarks all the time, where the workflow holds them and where the target does: neither may ever go back. */
export class MarkWatch {
  /** How often the workflow has answered, and the target. */
  readonly seen = { workflow: 0, target: 0 };
  private readonly highest = new Map<string, string | number>();
  private over = false;
  private watching: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly cell: ScheduleCell,
    private readonly findings: Findings,
    /** By pipeline. */
    private readonly targets: ReadonlyMap<string, TargetTable>,
  ) {}

  start(): void {
    const { download } = this.cell.pipelines;
    const loops = [...this.targets].map(([pipeline, target]) => this.loop(() => this.lookAtIngest(pipeline, target)));
    this.watching = Promise.all([...loops, this.loop(() => this.lookAtDownload(download))]);
    // `stop` waits for it: until then nobody would hear of its error.
    this.watching.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.over = true;
    await this.watching;
  }

  private async loop(look: () => Promise<void>): Promise<void> {
    while (!this.over) {
      await look();
      await sleep(WATCH_EVERY_MS);
    }
  }

  private async lookAtIngest(pipeline: string, target: TargetTable): Promise<void> {
    const told = (await toldOfIngest(this.cell.connection.client, pipeline)) ?? 0;
    const stored = (await target.watermark()) ?? 0;
    if (told > 0) this.note('workflow', `${pipeline}, the workflow's`, told);
    if (stored > 0) this.note('target', `${pipeline}, the table's`, stored);
    // The table was asked later: the workflow is told of what it has, never of more.
    this.findings.expect(told <= stored, `${pipeline}: the workflow is at ${told}, the table only at ${stored}`);
  }

  private async lookAtDownload(pipeline: string): Promise<void> {
    const told = await toldWatermarks(this.cell.connection.client, pipeline);
    for (const [key, { value }] of Object.entries(told ?? {}))
      // Instants of one spelling: they sort as text.
      if (typeof value === 'string') this.note('workflow', `${pipeline}, ${key}`, value);
  }

  private note(who: keyof MarkWatch['seen'], what: string, now: string | number): void {
    this.seen[who] += 1;
    const before = this.highest.get(what) ?? now;
    if (now < before) this.findings.add('watermarkWentBack', `${what}: ${before} to ${now}`);
    else this.highest.set(what, now);
  }
}
