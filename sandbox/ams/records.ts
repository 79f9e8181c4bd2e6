/** One user's record of one form. */
export interface StoredRecord {
  id: number;
  formId: number;
  userId: number;
  enteredBy: number;
  values: Map<string, string>;
  /** How often it has been written. */
  writes: number;
}

export interface StoredEvent {
  id: number;
  userId: number;
  formName: string;
  enteredBy: number;
  /** Dates and times as they were sent. */
  when: Record<string, string>;
  rows: unknown;
}

/** What has been written: one profile per user and form, and events. */
export class Records {
  readonly events = new Map<number, StoredEvent>();
  private readonly profiles = new Map<string, StoredRecord>();
  private nextId = 70_001;

  profile(formId: number, userId: number): StoredRecord | undefined {
    return this.profiles.get(`${formId}/${userId}`);
  }

  profilesOf(formId: number): StoredRecord[] {
    return [...this.profiles.values()].filter((record) => record.formId === formId);
  }

  /** Creates the record, or writes over it: what `values` does not name is kept, or goes with `replace`. */
  write(key: { formId: number; userId: number; enteredBy: number }, values: Map<string, string>, replace: boolean) {
    const { formId, userId, enteredBy } = key;
    const before = this.profile(formId, userId);
    const kept = replace ? [] : [...(before?.values ?? [])];
    const merged = new Map([...kept, ...values].filter(([name, value]) => (values.get(name) ?? value) !== ''));
    const record = {
      formId,
      userId,
      enteredBy,
      values: merged,
      id: before?.id ?? this.nextId++,
      writes: (before?.writes ?? 0) + 1,
    };
    this.profiles.set(`${formId}/${userId}`, record);
    return record;
  }

  writeEvent(event: Omit<StoredEvent, 'id'>, existing: number | undefined): number {
    const id = existing ?? this.nextId++;
    this.events.set(id, { id, ...event });
    return id;
  }
}
