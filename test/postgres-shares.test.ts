import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { COPY_HEADER, COPY_TRAILER } from '../connectors/postgres/binary/copy-format.js';
import { RowOrder } from '../connectors/postgres/parallel/row-order.js';
import { ASIDE, OWN, Shares } from '../connectors/postgres/parallel/shares.js';
import { SourceRows } from '../connectors/postgres/unchanged/source-rows.js';

const ROWS = 60;
/** One field of 100 bytes. */
const ROW = Buffer.concat([Buffer.from([0, 1, 0, 0, 0, 100]), Buffer.alloc(100)]);
/** Milliseconds for a row, of whoever is the slower one. */
const PACE = 4;

async function* rowsEvery(milliseconds: number): AsyncGenerator<Uint8Array> {
  yield COPY_HEADER;
  for (let row = 0; row < ROWS; row += 1) {
    if (milliseconds > 0) await sleep(milliseconds);
    yield ROW;
  }
  yield COPY_TRAILER;
}

/** Rows of the first session and of the one beside it, where the first one never has room and takes `ownPace` for a row. */
async function shared(sourcePace: number, ownPace: number): Promise<[number, number]> {
  const shares = new Shares(new SourceRows(rowsEvery(sourcePace), 1), new RowOrder());
  shares.ownIsFull(true);
  const take = async (part: typeof OWN | typeof ASIDE, pace: number): Promise<number> => {
    let rows = 0;
    for (let window = await shares.next(part); window !== undefined; window = await shares.next(part)) {
      rows += window.count;
      if (pace > 0) await sleep(pace);
    }
    return rows;
  };
  return Promise.all([take(OWN, ownPace), take(ASIDE, 0)]);
}

describe('rows for two sessions', () => {
  it('are as many for the second one as for the first one where the source is quick', async () => {
    const [own, aside] = await shared(0, PACE);
    expect(own + aside).toBe(ROWS);
    expect(Math.abs(own - aside)).toBeLessThanOrEqual(2);
  });

  it('are two for the second one of three for the first one where the source takes most of the time', async () => {
    const [own, aside] = await shared(PACE, 0);
    expect(own + aside).toBe(ROWS);
    expect(Math.abs(own * 2 - aside * 3)).toBeLessThanOrEqual(6);
  });

  it('are all for the first one while it has room', async () => {
    const shares = new Shares(new SourceRows(rowsEvery(0), 1), new RowOrder());
    const aside = shares.next(ASIDE);
    let own = 0;
    for (let window = await shares.next(OWN); window !== undefined; window = await shares.next(OWN))
      own += window.count;
    expect(own).toBe(ROWS);
    expect(await aside).toBeUndefined();
  });
});
