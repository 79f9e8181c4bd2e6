import { z } from 'zod';
import {
  readWatermarks,
  resetWatermark,
  setWatermark,
  type PipelineWatermarks,
  type TemporalClient,
} from '../../workers/client/index.js';
import { nearNamesText } from '../../connectors/common/near-names.js';
import { normaliseMark } from '../../connectors/titanrdm/index.js';
import type { PipelineConfig } from '../../contracts/config.js';
import { TidemarkError } from '../../contracts/errors.js';
import { keepsWatermarks } from '../../contracts/keeps-watermarks.js';
import { watermarkErrors } from '../../contracts/error-catalogue-watermark.js';
import { INGEST_KEY, setWatermarkSchema, type Lost } from '../../contracts/watermark.js';
import { withClosers } from '../closers.js';
import type { Action } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { note, print, printJson } from '../output.js';
import { columns, type ColumnSpec } from '../render/columns.js';
import { watermarkText } from '../render/watermark.js';
import { openClient } from '../temporal.js';
import { userName } from '../user-name.js';
import { holderOf } from '../watermark-holder.js';

export interface WatermarkOptions {
  value?: string;
  reason?: string;
  by?: string;
  new: boolean;
}

export const action: Action<WatermarkOptions> = ({ args: [verb = '', name = '', table], options }) =>
  withClosers(async (closers) => {
    const change = verb === 'get' ? undefined : changeOf(verb, options);
    const { loaded, temporal } = await openClient(options, closers);
    const { pipeline, holder } = holderOf(loaded.config, name);
    if (change !== undefined && !keepsWatermarks(pipeline.workflow, pipeline.input)) throw keepsNone(name, pipeline);
    if (change !== undefined && 'value' in change) checkValue(pipeline, change.value);
    const held = await readWatermarks(temporal, holder);
    if (change === undefined) return shown(name, table, held, options.json);

    const key = keyOf(pipeline, table, held, options.new);
    const override = await changed(temporal, holder, key, change);
    if (options.json) printJson({ pipeline: name, key, override });
    else
      print(
        `${name}: ${key} ${'value' in change ? `is set to ${watermarkText(change.value)}` : 'is reset'} for the next run`,
      );
    return EXIT.ok;
  });

type Change = { by: string; reason: string } & ({ value: unknown } | object);

function changeOf(verb: string, { value, reason, by = userName() }: WatermarkOptions): Change {
  if (verb !== 'set' && verb !== 'reset')
    throw badUsage(`There is no 'tidemark watermark ${verb}'. ${nearNamesText(verb, ['get', 'set', 'reset'])}`);
  if (reason === undefined || reason === '') throw badUsage(`Say why, for the audit: --reason TEXT.`);
  if (verb === 'reset') {
    if (value !== undefined) throw badUsage('A reset has no value: the next run begins from nothing.');
    return { by, reason };
  }
  if (value === undefined) throw badUsage('Say what to set it to: --value JSON.');
  return { by, reason, value: parsed(value) };
}

function parsed(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badUsage(`--value is no JSON. A text needs double quotes of its own: --value '${JSON.stringify(text)}'.`);
  }
  const checked = setWatermarkSchema.shape.value.safeParse(value);
  if (!checked.success) throw badUsage(`--value: ${z.prettifyError(checked.error)}`);
  return value;
}

/** Exports go by instants: any other value would fail the next run. Error `TITAN_BAD_MARK`. */
function checkValue(pipeline: PipelineConfig, value: unknown): void {
  const isDownload =
    pipeline.workflow === 'titanConventionDownload' ||
    (pipeline.workflow === 'titanSyncDomains' && pipeline.input.direction === 'download');
  if (isDownload) normaliseMark(typeof value === 'string' ? value : JSON.stringify(value));
}

function keyOf(pipeline: PipelineConfig, table: string | undefined, held: PipelineWatermarks, isNew: boolean): string {
  if (pipeline.workflow === 'postgresIngest') {
    if (table === undefined || table === INGEST_KEY) return INGEST_KEY;
    throw badUsage('A pipeline of postgresIngest has one high watermark: leave the table out.');
  }
  const keys = [...new Set([...Object.keys(held.watermarks), ...Object.keys(held.overrides)])];
  if (table === undefined) throw badUsage(`Which table, by its convention key? ${nearNamesText('', keys)}`);
  if (isNew || keys.includes(table)) return table;
  throw new TidemarkError(`The pipeline has no high watermark named '${table}'. ${nearNamesText(table, keys)}`, {
    code: 'UNKNOWN_WATERMARK',
    retryable: false,
    mend: 'Correct the name, or say --new for a table that no run has seen yet.',
  });
}

function changed(temporal: TemporalClient, holder: string, key: string, change: Change) {
  const { by, reason } = change;
  if (!('value' in change)) return resetWatermark(temporal, holder, { key, by, reason });
  // It has been parsed as JSON, and checked.
  const { value } = change as { value: Parameters<typeof setWatermark>[2]['value'] };
  return setWatermark(temporal, holder, { key, value, by, reason });
}

function shown(name: string, table: string | undefined, held: PipelineWatermarks, json: boolean): number {
  const wanted = <T>(all: Record<string, T>): Record<string, T> =>
    Object.fromEntries(Object.entries(all).filter(([key]) => table === undefined || key === table));
  const watermarks = wanted(held.watermarks);
  const overrides = wanted(held.overrides);
  if (json) {
    printJson({ pipeline: name, watermarks, overrides, ...(held.lost === undefined ? {} : { lost: held.lost }) });
    return EXIT.ok;
  }
  const keys = [...new Set([...Object.keys(watermarks), ...Object.keys(overrides)])].sort();
  if (keys.length === 0) note(`tidemark: ${name} holds no high watermark yet`);
  else print(columns(keys.map(line), SPECS).join('\n'));
  if (keys.length > 0 && held.lost !== undefined) note(lostNote(held.lost));
  return EXIT.ok;

  function line(key: string): Line {
    const mark = watermarks[key];
    const override = overrides[key];
    const next =
      override === undefined
        ? ''
        : `${override.kind}${override.kind === 'set' ? ` ${watermarkText(override.value)}` : ''} by ${override.by}: ${override.reason}`;
    return {
      key,
      value: mark === undefined ? '' : watermarkText(mark.value),
      at: mark?.at ?? '',
      run: mark?.run ?? '',
      next,
    };
  }
}

function lostNote({ status, at }: Lost): string {
  const when = at === null ? '' : ` at ${at}`;
  return `tidemark: the workflow that held these ended as ${status}${when}: the next run goes by the target's own copy where there is one, else it begins from nothing, unless you set them again`;
}

function keepsNone(name: string, { workflow }: PipelineConfig): TidemarkError {
  const { meaning, mend } = watermarkErrors.NO_WATERMARKS;
  return new TidemarkError(
    `Nothing would come of it: ${name} (${workflow}) as it is configured keeps none. ${meaning}`,
    {
      code: 'NO_WATERMARKS',
      retryable: false,
      mend,
    },
  );
}

interface Line {
  key: string;
  value: string;
  at: string;
  run: string;
  /** What waits for the next run. */
  next: string;
}

const SPECS: ColumnSpec<Line>[] = [
  { title: 'key', cell: ({ key }) => key, max: 100 },
  { title: 'value', cell: ({ value }) => value },
  { title: 'at', cell: ({ at }) => at },
  { title: 'run', cell: ({ run }) => run, max: 200 },
  { title: 'next run', cell: ({ next }) => next, max: 200 },
];

function badUsage(message: string): TidemarkError {
  return new TidemarkError(message, {
    code: 'BAD_USAGE',
    retryable: false,
    mend: '`tidemark watermark --help` says more.',
  });
}
