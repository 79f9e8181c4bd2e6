/** A column that `onRow` wants to know about. */
export interface WatchedColumn {
  /** Index of the column. */
  index: number;
  /** Keep its bytes; otherwise only whether it is NULL is found out, which costs next to nothing. */
  bytes: boolean;
}

export interface CsvScanOptions {
  /** Names the table in errors. */
  where: string;
  /**
   * Refuse what readers of CSV disagree about: rows of another length than the header, quotes within unquoted fields, bytes after
   * a closing quote, carriage returns outside quotes. Otherwise such bytes count as ordinary ones.
   */
  strict?: boolean;
  /** Told the column names; answers with the columns that `onRow` wants to see: the places in that list are the slots. */
  onHeader?: (names: string[]) => readonly WatchedColumn[];
  /** Called at each data row's end. `end` is the offset in the stream just behind the row and its line end. */
  onRow?: (end: number) => void;
}
