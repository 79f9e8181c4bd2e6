const SHOWN = 5;

/** Row numbers for an error: the first few, and how many more. Never a value of a row. */
export class RowList {
  count = 0;
  private readonly first: string[] = [];

  /** `note` says more about the row, for instance which earlier row it repeats. */
  add(row: number, note = ''): void {
    this.count += 1;
    if (this.first.length < SHOWN) this.first.push(`${row}${note}`);
  }

  /** `row 7`, or `rows 7, 9, 12, 13, 20 and 4 more`. `count` replaces the number of those added. */
  text(count = this.count): string {
    const more = count - this.first.length;
    return `${count === 1 ? 'row' : 'rows'} ${this.first.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  }
}
