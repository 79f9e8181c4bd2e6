import type { Lost, PendingOverride, PendingOverrides, WatermarkEvent, Watermarks } from '../../contracts/watermark.js';

/** All that the watermark workflow knows: plain, bounded, carried over by continue-as-new. */
export interface WatermarkState {
  watermarks: Watermarks;
  overrides: PendingOverrides;
  /** Overrides that a person has replaced before their run was done with them, the latest last. */
  replaced: PendingOverride[];
  /** Runs in whose place another one has come, the latest last: they may change nothing any more. */
  superseded: string[];
  /** The audit, oldest first. */
  events: WatermarkEvent[];
  lost?: Lost;
}

/** Runs that are remembered as superseded. One of before is refused by its sequence, unless a value has come back meanwhile. */
export const MAX_SUPERSEDED = 200;
export const MAX_REPLACED = 20;
/** All of them together, as bytes of JSON: with the rest they travel in one payload. */
export const MAX_REPLACED_BYTES = 200_000;

export function emptyState(lost: Lost | undefined): WatermarkState {
  return {
    watermarks: {},
    overrides: {},
    replaced: [],
    superseded: [],
    events: [],
    ...(lost === undefined ? {} : { lost }),
  };
}

/** Bytes of a value as JSON in UTF-8, as a payload holds it. */
export function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
