import { watermarkHistory } from '../../workers/client/index.js';
import type { WatermarkEvent } from '../../contracts/watermark.js';
import { withClosers } from '../closers.js';
import type { Action } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { note, print, printJson } from '../output.js';
import { columns, type ColumnSpec } from '../render/columns.js';
import { watermarkText } from '../render/watermark.js';
import { openClient } from '../temporal.js';
import { holderOf } from '../watermark-holder.js';

export const action: Action<object> = ({ args: [name = ''], options }) =>
  withClosers(async (closers) => {
    const { loaded, temporal } = await openClient(options, closers);
    const { holder } = holderOf(loaded.config, name);
    const events = await watermarkHistory(temporal, holder);
    if (options.json) printJson({ pipeline: name, events });
    else if (events.length === 0) note(`tidemark: nothing has moved a high watermark of ${name} yet`);
    else print(columns(events, SPECS).join('\n'));
    return EXIT.ok;
  });

const SPECS: ColumnSpec<WatermarkEvent>[] = [
  { title: 'at', cell: ({ at }) => at },
  { title: 'key', cell: ({ key }) => key, max: 100 },
  { title: 'what', cell: ({ kind }) => kind },
  { title: 'from', cell: ({ from }) => watermarkText(from) },
  { title: 'to', cell: ({ to }) => watermarkText(to) },
  { title: 'by', cell: ({ by, run }) => by ?? run ?? '', max: 200 },
  { title: 'why', cell: ({ reason = '' }) => reason, max: 200 },
];
