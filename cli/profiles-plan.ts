import type { TidemarkConfig } from '../contracts/config.js';
import type { AmsUpsertOptions } from '../contracts/ams-inputs.js';
import { counted, grouped } from '../contracts/readable.js';
import { planProfilesOf, type Connections } from '../workers/index.js';
import { changeLines } from './confirmation.js';
import { EXIT } from './exit-codes.js';
import { print, printJson } from './output.js';
import { columns } from './render/columns.js';

interface Planned {
  config: Pick<TidemarkConfig, 'results'>;
  connections: Connections;
  json: boolean;
}

/** Changes that are shown one by one. */
const MAX_SHOWN = 20;

/** Which users would change which fields, by the profiles as they are. The table is checked as a run does; nothing is sent. */
export async function planOfProfiles(
  pipeline: string,
  options: AmsUpsertOptions,
  { json, ...opened }: Planned,
): Promise<number> {
  const { shown, ...plan } = await planProfilesOf(pipeline, options, opened);
  if (json) {
    printJson({ pipeline, form: options.form, ...plan, changes: shown });
    return EXIT.ok;
  }
  const { unknownUsers, superseded, empty } = plan.leftOut;
  const changes = columns(shown.slice(0, MAX_SHOWN), [
    { title: 'row', cell: ({ row }) => grouped(row), right: true },
    { title: 'user', cell: ({ user }) => String(user), right: true },
    { title: 'field', cell: ({ field }) => field },
    { title: 'from', cell: ({ from }) => from ?? '' },
    { title: 'to', cell: ({ to }) => to },
  ]);
  const all = Object.values(plan.fields).reduce((sum, count) => sum + count, 0);
  print(
    [
      `${options.form}: ${counted(plan.rows, 'row')}, ${grouped(unknownUsers + superseded + empty)} of them left out`,
      ...changeLines(plan),
      ...(shown.length > 0 ? changes : []),
      ...(all > MAX_SHOWN ? [`… and ${grouped(all - MAX_SHOWN)} more changes`] : []),
    ].join('\n'),
  );
  return EXIT.ok;
}
