import { Readable } from 'node:stream';
import type { Ams, AmsForm, AmsUser } from '../../connectors/ams/port.js';
import type { AmsActivities } from '../../contracts/ams-activities.js';
import type { AmsDownloadOptions } from '../../contracts/ams-inputs.js';
import { TidemarkError } from '../../contracts/errors.js';
import { nearNamesText } from '../../connectors/common/near-names.js';
import { named } from '../registry.js';
import { runStep } from '../step.js';
import type { AmsDependencies } from './dependencies.js';
import { nameOf } from './find-users.js';
import { fieldsOf, refuseOtherForm } from './open-form.js';

/** Users whose profiles are asked for in one call. */
const USERS_PER_CALL = 100;

interface Cursor {
  phase: string;
  users: number;
}

export function downloadActivities(dependencies: AmsDependencies): Pick<AmsActivities, 'amsReceiveProfiles'> {
  const { ams, stores } = dependencies;
  return {
    amsReceiveProfiles: ({ options }) =>
      runStep<Cursor, Awaited<ReturnType<AmsActivities['amsReceiveProfiles']>>>(
        async ({ signal, mark, checkPulse }) => {
          const client = named('connection of type ams', ams, options.connection);
          const store = named('store', stores, options.store);
          const form = await client.findForm(options.form, { signal });
          refuseOtherForm(form);
          const columns = columnsOf(form, options);
          const users = await client.users({ signal });
          const received = new ReceivedProfiles(client, options, users, columns.slice(1), (done) =>
            mark({ phase: 'reading profiles', users: done }),
          );
          const written = await store.write(options.table, Readable.from(received.csv(columns, signal)), {
            mode: 'replace',
            columns: columns.map((name, index) => ({ name, dataType: 'varchar', primaryKey: index === 0 })),
            verify: () => checkPulse(),
            signal,
          });
          return {
            users: users.length,
            profiles: written.rows,
            bytes: written.bytes,
            reference: { connection: options.store, table: written.table },
            ...(written.warnings === undefined ? {} : { warnings: [...written.warnings] }),
          };
        },
      ),
  };
}

/** The column that says whose row it is, then the fields. Errors: `AMS_UNKNOWN_FIELDS`, `AMS_COLUMNS`. */
function columnsOf(form: AmsForm, { idColumn, fields }: AmsDownloadOptions): string[] {
  const names = [...fieldsOf(form).keys()];
  const unknown = fields?.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new TidemarkError(`Form '${form.name}' has no field '${unknown}'. ${nearNamesText(unknown, names)}`, {
      code: 'AMS_UNKNOWN_FIELDS',
      retryable: false,
      mend: 'Mend the names in `fields`.',
    });
  const columns = [idColumn, ...(fields ?? names)];
  if (new Set(columns).size === columns.length) return columns;
  throw new TidemarkError(`A table cannot have two columns of one name: ${columns.join(', ')}.`, {
    code: 'AMS_COLUMNS',
    retryable: false,
    mend: 'Choose another idColumn, or name the `fields` to read.',
  });
}

/** Profiles as CSV, in the order of the users' ids, few at a time in memory. */
class ReceivedProfiles {
  constructor(
    private readonly ams: Ams,
    private readonly options: AmsDownloadOptions,
    private readonly users: readonly AmsUser[],
    private readonly fields: readonly string[],
    private readonly onUsers: (users: number) => void,
  ) {}

  async *csv(columns: readonly string[], signal: AbortSignal): AsyncGenerator<Buffer> {
    yield Buffer.from(`${columns.map(cell).join(',')}\n`);
    const users = [...this.users].sort((a, b) => a.id - b.id);
    const pages = Array.from({ length: Math.ceil(users.length / USERS_PER_CALL) }, (_, page) =>
      users.slice(page * USERS_PER_CALL, (page + 1) * USERS_PER_CALL),
    );
    let done = 0;
    for (let first = 0; first < pages.length; first += this.options.concurrency) {
      const some = pages.slice(first, first + this.options.concurrency);
      for (const lines of await Promise.all(some.map((page) => this.linesOf(page, signal)))) yield Buffer.from(lines);
      done += some.reduce((sum, page) => sum + page.length, 0);
      this.onUsers(done);
    }
  }

  private async linesOf(users: readonly AmsUser[], signal: AbortSignal): Promise<string> {
    const profiles = await this.ams.profiles(
      { form: this.options.form, userIds: users.map(({ id }) => id) },
      { signal },
    );
    const byUser = new Map(profiles.map((profile) => [profile.userId, profile.values]));
    return users
      .flatMap((user) => {
        const values = byUser.get(user.id);
        if (values === undefined) return [];
        const cells = this.fields.map((field) => cell(Object.hasOwn(values, field) ? values[field] : undefined));
        return [`${[cell(nameOf(user, this.options.idColumn)), ...cells].join(',')}\n`];
      })
      .join('');
  }
}

/** What is not stored is NULL, what is stored as empty is the empty text. */
function cell(text: string | undefined): string {
  if (text === undefined) return '';
  return text === '' || /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
