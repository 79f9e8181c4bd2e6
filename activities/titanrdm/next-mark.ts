import { TidemarkError } from '../../contracts/errors.js';
import { markBefore, markMicroseconds } from '../../connectors/titanrdm/mark.js';

interface Asked {
  /** The mark that the export began behind; null: it was a full one. */
  since: string | null;
  /** When the export began, by the server's clock; null when nobody knows. */
  startedAt: string | null;
  lagSeconds: number;
}

/**
 * From where the next export of a table begins: the largest change time that was received, or the export's start where no row came, less the
 * lag. Never its completion: what was written while it ran is in no export then. It never goes back, and stays when what was received does
 * not tell.
 */
export function nextMark(
  { since, startedAt, lagSeconds }: Asked,
  received: { rows: number; lastChange: string | null },
): string | null {
  const base = received.rows > 0 ? received.lastChange : startedAt;
  const next = base === null ? null : understood(base, lagSeconds);
  if (next === null || since === null) return next ?? since;
  return markMicroseconds(next) > markMicroseconds(since) ? next : since;
}

/** An instant that a server spells in its own way is none that a mark may be made of. */
function understood(mark: string, lagSeconds: number): string | null {
  try {
    return markBefore(mark, lagSeconds);
  } catch (error) {
    if (error instanceof TidemarkError) return null;
    throw error;
  }
}
