/** Settings that can be changed while a sandbox runs. */
export class ChangeableSettings<Settings extends object, Changes extends object> {
  private values: Settings;

  /** `parse` fills in the defaults, and throws a `ZodError` for a setting that is wrong. */
  constructor(
    private readonly parse: (settings: object) => Settings,
    first: Changes,
  ) {
    this.values = parse(first);
  }

  /** As they are now. May be handed around without its object. */
  readonly current = (): Settings => this.values;

  /** From now on; those not named stay. */
  change(changes: Changes): void {
    this.values = this.parse({ ...this.values, ...changes });
  }
}
