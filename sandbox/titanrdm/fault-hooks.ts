import type { Tokens } from './auth.js';
import { forcedMessage, type FaultHooks } from '../http/fault-actions.js';
import type { Call } from '../http/http.js';
import type { FaultRule } from './fault-rules.js';
import { storeError } from './signed-files.js';

/** What faults do to calls of TitanRDM and to its signed addresses. */
export function faultHooks(tokens: Tokens): FaultHooks<FaultRule> {
  return {
    instead: (call, fault) => {
      if (fault.kind === 'unauthorized') {
        if (fault.revokeTokens) tokens.revokeAll();
        return { kind: 'json', status: 401, body: { error: 'The access token is invalid' } };
      }
      const ofStore = call.route === 'upload.put' || call.route === 'download.get';
      const isStoreError = ofStore && fault.kind === 'status' && fault.body === 'json';
      return isStoreError ? storeError(fault.status, forcedMessage(fault)) : undefined;
    },
    cutsRequest: async (call, fault) => {
      if (call.route !== 'upload.put') return false;
      await readSome(call, fault.afterBytes);
      return true;
    },
  };
}

/** Reads about half of the body (or `afterBytes`) and leaves the rest unread. */
async function readSome(call: Call, afterBytes?: number): Promise<void> {
  const announced = Number(call.request.headers['content-length'] ?? 0);
  const wanted = afterBytes ?? Math.floor(announced / 2);
  let read = 0;
  if (wanted === 0) return;
  await new Promise<void>((resolve) => {
    call.request.on('data', (chunk: Buffer) => {
      read += chunk.length;
      if (read < wanted) return;
      call.request.pause();
      resolve();
    });
    call.request.once('end', resolve);
    call.request.once('close', resolve);
  });
}
