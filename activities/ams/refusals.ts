import { RowList } from '../../connectors/titanrdm/row-list.js';
import type { AmsRefusedTable, AmsRunIdentity } from '../../contracts/ams-activities.js';
import type { AmsRowFailure } from '../../contracts/ams-results.js';
import { TidemarkError } from '../../contracts/errors.js';
import { counted } from '../../contracts/readable.js';
import type { ResultsLocation } from '../tidemark/index.js';
import { GrowingList } from './row-lists.js';

/** Why a row cannot be sent, in the order in which a message tells of it. */
const KINDS = {
  AMS_UNKNOWN_USERS: {
    what: 'with a user that does not exist, or that the account does not see',
    mend: "Mend the rows, let the account coach the groups of these users, or say onUnknownUser 'quarantine' to leave them out.",
  },
  AMS_AMBIGUOUS_USERS: {
    what: 'whose user may be one of several',
    mend: 'Name users by user_id or username.',
  },
  AMS_DUPLICATE_USERS: {
    what: 'for a user that an earlier row is for',
    mend: "Leave one row per user, or say onDuplicateUser 'last'.",
  },
  AMS_VALUES_REFUSED: {
    what: 'with a value that its field does not take',
    mend: 'Mend the values.',
  },
} as const;
export type RefusalCode = keyof typeof KINDS;

const MAX_REASON = 500;
const MAX_EXAMPLES = 3;

/** A table with rows that cannot be sent; `refused` says which. */
export class RefusedRows extends TidemarkError {
  constructor(
    error: TidemarkError,
    readonly refused: AmsRefusedTable,
  ) {
    super(error.message, { code: error.code, retryable: false });
  }
}

/** Rows that cannot be sent: counted, the first ones named, all of them listed in the results location. */
export class Refusals {
  /** Rows, each once. */
  rows = 0;
  readonly list: GrowingList<AmsRowFailure>;
  private readonly kinds = new Map<RefusalCode, RowList>();
  private readonly examples: string[] = [];

  constructor(results: ResultsLocation, run: AmsRunIdentity) {
    this.list = new GrowingList(results, run, 'refused-rows');
  }

  /** `note` says more about the row in the message. */
  add(code: RefusalCode, failure: Omit<AmsRowFailure, 'code'>, note = ''): void {
    this.rows += 1;
    const kind = this.kinds.get(code) ?? new RowList();
    this.kinds.set(code, kind);
    kind.add(failure.row, note);
    const reason = failure.reason.slice(0, MAX_REASON);
    if (code === 'AMS_VALUES_REFUSED' && this.examples.length < MAX_EXAMPLES)
      this.examples.push(`row ${failure.row}, ${reason}`);
    this.list.add({ ...failure, code, reason });
  }

  /** Undefined when every row can be sent. */
  error(): TidemarkError | undefined {
    const kinds = Object.entries(KINDS).flatMap(([code, words]) => {
      // The keys of KINDS are the codes.
      const found = this.kinds.get(code as RefusalCode);
      return found === undefined ? [] : [{ code, found, ...words }];
    });
    const [first, second] = kinds;
    if (first === undefined) return undefined;
    const words = kinds.map(({ found, what }) => `${counted(found.count, 'row')} ${what}: ${found.text()}`);
    const examples = this.examples.length === 0 ? '' : ` (${this.examples.join('; ')})`;
    return new TidemarkError(`${words.join('. ')}${examples}. Nothing was sent.`, {
      code: second === undefined ? first.code : 'AMS_ROWS_REFUSED',
      retryable: false,
      mend: kinds.map(({ mend }) => mend).join(' '),
    });
  }
}
