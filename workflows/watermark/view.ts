import { setCurrentDetails } from '@temporalio/workflow';
import type { WatermarkEvent } from '../../contracts/watermark.js';
import { counted } from '../../contracts/readable.js';
import { instant, row, text } from '../markdown.js';
import { heldOf } from './decide.js';
import type { WatermarkState } from './state.js';

const MAX_SHOWN = 25;

/** What a person sees of the watermarks in the Web UI. */
export function showWatermarks(pipeline: string, state: WatermarkState): void {
  setCurrentDetails(watermarksMarkdown(pipeline, state));
}

/** Pending overrides, and the watermarks that have changed last. */
export function watermarksMarkdown(pipeline: string, state: WatermarkState): string {
  const keys = latestKeys(state.events).filter((key) => heldOf(state, key) !== undefined);
  const lines = keys.slice(0, MAX_SHOWN).map((key) => {
    const held = heldOf(state, key);
    return row([text(key), valueText(held?.value), text(held?.run ?? ''), atText(held?.at)]);
  });
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
    total === 0 ? 'None yet.' : `${counted(total, 'key')}${total > lines.length ? ', the latest:' : ':'}`,
    ...(lines.length === 0 ? [] : [[row(['key', 'value', 'run', 'at']), '|:-|:-|:-|:-|', ...lines].join('\n')]),
  ].join('\n\n');
}

/** Each once, the one that changed last first. */
function latestKeys(events: readonly WatermarkEvent[]): string[] {
  return [...new Set(events.map(({ key }) => key).reverse())];
}

const valueText = (value: unknown): string => text(JSON.stringify(value ?? null));
const atText = (at: string | undefined): string => (at === undefined ? '' : instant(Date.parse(at)));
