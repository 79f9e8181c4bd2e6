import { setCurrentDetails } from '@temporalio/workflow';
import { pipelineWorkflowId } from '../../contracts/run-inputs.js';
import { counted } from '../../contracts/readable.js';
import type { Watermark, WatermarkEvent } from '../../contracts/watermark.js';
import { instant, row, text, valueText } from '../markdown.js';
import { heldOf } from './decide.js';
import type { WatermarkState } from './state.js';

const MAX_SHOWN = 25;

/** What a person sees of the watermarks in the Web UI. */
export function showWatermarks(pipeline: string, state: WatermarkState): void {
  setCurrentDetails(watermarksMarkdown(pipeline, state));
}

/** Pending overrides, and the watermarks that have changed last, by the runs that have brought them there. */
export function watermarksMarkdown(pipeline: string, state: WatermarkState): string {
  const latest = latestFirst(state);
  const shown = latest.slice(0, MAX_SHOWN);
  const pending = Object.entries(state.overrides);
  const total = Object.keys(state.watermarks).length;
  return [
    `### High watermarks of ${text(pipeline)}`,
    ...pending
      .slice(0, MAX_SHOWN)
      .map(
        ([key, { kind, value, by, reason }]) =>
          `**${kind}** by ${text(by)}, waits for the next run: ${text(key)}${kind === 'set' ? ` = ${valueText(value)}` : ''} (${text(reason)})`,
      ),
    total === 0 ? 'None yet.' : `${counted(total, 'key')}${total > shown.length ? ', the latest' : ''}`,
    ...byRun(shown).flatMap((group) => groupMarkdown(pipeline, group)),
  ].join('\n\n');
}

type Shown = [key: string, held: Watermark];

/** Each key once, the one that changed last first. */
function latestFirst(state: WatermarkState): Shown[] {
  const keys = new Set(state.events.map(({ key }: WatermarkEvent) => key).reverse());
  return [...keys].flatMap((key) => {
    const held = heldOf(state, key);
    return held === undefined ? [] : [[key, held] satisfies Shown];
  });
}

/** A table of its own for each run: in a column there is no room for its id. */
function byRun(all: readonly Shown[]): Shown[][] {
  const groups = new Map<string, Shown[]>();
  for (const each of all) {
    const { run } = each[1];
    groups.set(run, [...(groups.get(run) ?? []), each]);
  }
  return [...groups.values()];
}

function groupMarkdown(pipeline: string, group: readonly Shown[]): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const [, { run, at }] = first;
  const own = `${pipelineWorkflowId(pipeline)}/`;
  const rows = group.map(([key, { value }]) => row([text(key), valueText(value)]));
  return [
    `By run ${text(run.startsWith(own) ? run.slice(own.length) : run)}, at ${instant(Date.parse(at))} UTC`,
    [row(['key', 'value']), '|:-|:-|', ...rows].join('\n'),
  ];
}
