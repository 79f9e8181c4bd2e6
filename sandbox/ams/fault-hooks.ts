import type { FaultHooks } from '../http/fault-actions.js';
import { json, type Json, type Reply } from '../http/http.js';
import type { AmsFaultRule } from './fault-rules.js';
import { exception, type Sessions } from './sessions.js';

/** What faults do to calls of AMS. */
export function faultHooks(sessions: Sessions): FaultHooks<AmsFaultRule> {
  return {
    instead: (_call, { kind, message, state }) => {
      if (kind === 'sessionEnd') {
        sessions.endAll();
        return sessions.overReply();
      }
      if (kind === 'rpcException') return json(exception(message ?? 'Forced exception', state));
      if (kind === 'stateError')
        return json({ state: state ?? 'UNEXPECTED_ERROR', message: message ?? 'Forced error' });
      return undefined;
    },
    alter: (_call, { kind }, reply) => (reply.kind === 'json' ? altered(kind, reply) : reply),
  };
}

function altered(kind: AmsFaultRule['kind'], reply: Extract<Reply, { kind: 'json' }>): Reply {
  if (kind === 'missingHeader') {
    const { headers: _told, ...rest } = reply;
    return rest;
  }
  // Replies to writes are objects.
  const body = reply.body as Json;
  if (kind === 'emptyIds') return { ...reply, body: { ...body, ids: [] } };
  if (kind === 'twoIds') return { ...reply, body: { ...body, ids: [...((body['ids'] ?? []) as number[]), 1] } };
  return kind === 'nullState' ? { ...reply, body: { ...body, state: null } } : reply;
}
