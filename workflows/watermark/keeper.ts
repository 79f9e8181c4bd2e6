import {
  MAX_EVENTS,
  MAX_EVENTS_BYTES,
  MAX_SHOWN_VALUE,
  type Advance,
  type Open,
  type Opened,
  type PendingOverride,
  type Rebuild,
  type WatermarkEvent,
} from '../../contracts/watermark.js';
import { heldOf, pendingOf, valueOf } from './decide.js';
import { bytesOf, MAX_REPLACED, MAX_REPLACED_BYTES, MAX_SUPERSEDED, type WatermarkState } from './state.js';

type Subject = Pick<WatermarkEvent, 'key'> & Partial<WatermarkEvent>;

/** Keeps the state and its audit; what it is told to do has been decided before. */
export class Keeper {
  private readonly sizes = new Map<string, number>();
  private readonly eventSizes: number[];
  private total = 0;
  private eventTotal: number;

  constructor(readonly state: WatermarkState) {
    for (const key of new Set([...Object.keys(state.watermarks), ...Object.keys(state.overrides)])) this.measure(key);
    this.eventSizes = state.events.map(bytesOf);
    this.eventTotal = this.eventSizes.reduce((sum, size) => sum + size, 0);
  }

  open({ keys }: Open): Opened {
    const { watermarks, overrides, lost } = this.state;
    return {
      watermarks: only(watermarks, keys),
      overrides: only(overrides, keys),
      fresh: Object.keys(watermarks).length === 0,
      ...(lost === undefined ? {} : { lost }),
    };
  }

  advance({ key, to, run, sequence, override }: Advance): void {
    const from = this.put(key, to, run, sequence);
    const applied = override !== undefined && this.acknowledge(key, override);
    this.record({ key, kind: applied ? 'applied' : 'advanced', from, to, run, ...(applied ? { override } : {}) });
  }

  rebuild({ key, to, run, reason, override }: Rebuild): void {
    const from = this.put(key, to, run, 0);
    const applied = override !== undefined && this.acknowledge(key, override);
    this.record({
      key,
      kind: applied ? 'applied' : 'rebuilt',
      from,
      to,
      run,
      ...(reason === undefined ? {} : { reason }),
      ...(applied ? { override } : {}),
    });
  }

  /** What a person has set waits for the next run; one that waited until now is replaced. */
  override(key: string, override: PendingOverride): void {
    const { overrides, replaced, watermarks } = this.state;
    const before = pendingOf(this.state, key);
    if (before !== undefined) {
      replaced.push(before);
      while (replaced.length > MAX_REPLACED || bytesOf(replaced) > MAX_REPLACED_BYTES) replaced.shift();
    }
    put(overrides, key, override);
    this.measure(key);
    const { kind, by, reason, id } = override;
    this.record({
      key,
      kind,
      from: heldOf({ watermarks }, key)?.value ?? null,
      to: valueOf(override),
      by,
      reason,
      override: id,
    });
  }

  /** Bytes of the whole if `key` had these, as JSON. */
  bytesWith(key: string, bytes: number): number {
    return this.total - (this.sizes.get(key) ?? 0) + bytes;
  }

  private put(key: string, value: unknown, run: string, sequence: number): unknown {
    const { watermarks, superseded } = this.state;
    const before = heldOf({ watermarks }, key);
    if (before !== undefined && before.run !== run && !superseded.includes(before.run)) {
      superseded.push(before.run);
      superseded.splice(0, Math.max(0, superseded.length - MAX_SUPERSEDED));
    }
    put(watermarks, key, { value, run, sequence, at: now() });
    this.measure(key);
    return before?.value ?? null;
  }

  /** A run is done with what a person has set; what was set since stays for the next one. */
  private acknowledge(key: string, id: string): boolean {
    const { overrides, replaced } = this.state;
    if (pendingOf(this.state, key)?.id === id) {
      // The key was found: it is one of the record's own.
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
      delete overrides[key];
      this.measure(key);
      return true;
    }
    const index = replaced.findIndex((each) => each.id === id);
    if (index < 0) return false;
    replaced.splice(index, 1);
    return true;
  }

  private record({ from, to, ...more }: Subject & Pick<WatermarkEvent, 'kind'>): void {
    const event: WatermarkEvent = { at: now(), from: shownValue(from), to: shownValue(to), ...more };
    const { events } = this.state;
    events.push(event);
    const size = bytesOf(event);
    this.eventSizes.push(size);
    this.eventTotal += size;
    while (events.length > MAX_EVENTS || (this.eventTotal > MAX_EVENTS_BYTES && events.length > 1)) {
      events.shift();
      this.eventTotal -= this.eventSizes.shift() ?? 0;
    }
  }

  private measure(key: string): void {
    const held = heldOf(this.state, key);
    const pending = pendingOf(this.state, key);
    const size = held === undefined && pending === undefined ? 0 : bytesOf({ [key]: [held, pending] });
    this.total += size - (this.sizes.get(key) ?? 0);
    this.sizes.set(key, size);
  }
}

/** By Temporal's clock. */
export function now(): string {
  return new Date().toISOString();
}

/** A value short enough for the audit. */
export function shownValue(value: unknown): unknown {
  const text = JSON.stringify(value ?? null);
  return text.length <= MAX_SHOWN_VALUE ? value : { cut: text.slice(0, MAX_SHOWN_VALUE), characters: text.length };
}

function only<T>(all: Record<string, T>, keys: readonly string[] | undefined): Record<string, T> {
  if (keys === undefined) return all;
  const wanted = new Set(keys);
  return Object.fromEntries(Object.entries(all).filter(([key]) => wanted.has(key)));
}

/** As an own member, whatever the key is called: assigning to `__proto__` would not make one. */
function put<T>(record: Record<string, T>, key: string, value: T): void {
  Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
}
