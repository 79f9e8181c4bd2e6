import { COPY_HEADER, COPY_TRAILER } from '../binary/copy-format.js';
import { restOf, type RowsWindow } from '../unchanged/rows-window.js';

/** Rows for a COPY of their own: so many bytes, or what there is. */
export async function* pieceOf(next: () => Promise<RowsWindow | undefined>, bytes: number): AsyncGenerator<Uint8Array> {
  yield COPY_HEADER;
  for (let sent = 0; sent < bytes;) {
    const window = await next();
    if (window === undefined) break;
    const part = restOf(window, 0);
    sent += part.length;
    yield part;
  }
  yield COPY_TRAILER;
}
