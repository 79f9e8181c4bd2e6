// Numbers as people read them, the same on every machine and in every part of Tidemark.

/** 1234567 → 1,234,567. */
export const grouped = (value: number): string => value.toLocaleString('en-US');

/** 1, 'table' → 1 table; 9 → 9 tables. `plural` for nouns that form it otherwise. */
export const counted = (count: number, noun: string, plural = `${noun}s`): string =>
  `${grouped(count)} ${count === 1 ? noun : plural}`;

/** 210365 → 210.4 kB: decimal units. */
export function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length);
  return `${(bytes / 1_000 ** power).toFixed(1)} ${units[power - 1] ?? ''}`;
}

/** 1.24 → 1.2 s, 75 → 1 min 15 s, 7380 → 2 h 3 min. */
export function secondsText(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.floor(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
