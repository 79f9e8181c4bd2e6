/** A field of a form, as its schema tells it. */
export interface AmsField {
  name: string;
  /** As the form says it: `Text`, `Number`, `Dropdown`, `Date`, `Calculation`, ... */
  type: string;
  required: boolean;
  /** What may be chosen, where the type is one that chooses; otherwise empty. */
  options: string[];
}

export interface AmsForm {
  id: number;
  name: string;
  /** Key of the list that holds it: `profile`, `linkedOnlyProfile`, `event`, `linkedOnlyEvent`, `database`. */
  type: string;
  isReadOnly: boolean;
  fields: AmsField[];
}

export interface AmsUser {
  id: number;
  username: string;
  email: string;
  firstName: string;
  lastName: string;
}

/** What is stored of one user in one profile form: name of a field to its text. */
export interface AmsProfile {
  userId: number;
  values: Record<string, string>;
}

export interface AmsCallOptions {
  /** Stops the call at once; it throws the signal's own reason. */
  signal?: AbortSignal;
}

/**
 * Every call of Teamworks AMS that Tidemark makes. All throw `TidemarkError` with a code of `amsErrorCodes`. All are repeated after a
 * transient failure: reads change nothing, and a profile upsert is idempotent, done twice it leaves what it leaves done once.
 * `AMS_AUTHENTICATION` and `AMS_NO_CREDENTIALS` concern every call of the connection, not one record.
 */
export interface Ams {
  /** Signs in now, unless it is done already. The account's own id. */
  check(options?: AmsCallOptions): Promise<{ userId: number }>;
  /** Exact name, over the forms of every type. Errors: `AMS_FORM_NOT_FOUND` (lists near names), `AMS_FORM_AMBIGUOUS`, `AMS_FORBIDDEN`. */
  findForm(name: string, options?: AmsCallOptions): Promise<AmsForm>;
  /** All users that the account may see: those in the groups that it coaches. */
  users(options?: AmsCallOptions): Promise<AmsUser[]>;
  /**
   * Writes one user's record of a profile form, values as they are given; an empty text clears its field. What is not named in
   * `values` is not sent. The record's id, null where the server tells none.
   */
  upsertProfile(
    input: { form: string; userId: number; values: Readonly<Record<string, string>> },
    options?: AmsCallOptions,
  ): Promise<{ id: number | null }>;
  /** What is stored, of those among `userIds` that have a record. */
  profiles(input: { form: string; userIds: readonly number[] }, options?: AmsCallOptions): Promise<AmsProfile[]>;
  /** Ends the connections that are kept; nothing may be called afterwards. */
  close(): Promise<void>;
}
