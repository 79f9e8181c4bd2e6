import type { TemporalConfig } from '../../contracts/config.js';
import { searchAttributeNames, type SearchAttributeName } from '../../contracts/search-attributes.js';
import { TidemarkError } from '../../contracts/errors.js';
import { connectTemporal, temporalTarget, type TemporalClient } from '../../workers/client/index.js';
import { findSearchAttributes, registerLine, registerSearchAttributes } from '../../workers/index.js';

/**
 * Says which search attributes the namespace has; with `setup` it registers those that are missing. None of them is needed, so
 * that some are missing is no failure, but that `setup` could not register them is.
 */
export async function checkSearchAttributes(config: TemporalConfig, folder: string, setup: boolean): Promise<string> {
  const temporal = await connectTemporal(await temporalTarget(config, { folder }));
  try {
    return await look(temporal, config, setup);
  } finally {
    await temporal.close();
  }
}

async function look({ client, target }: TemporalClient, config: TemporalConfig, setup: boolean): Promise<string> {
  const wanted = (name: SearchAttributeName): boolean =>
    name !== 'TidemarkWatermark' || config.searchAttributes?.watermark === true;
  const before = await findSearchAttributes(client).catch(() => undefined);
  if (before === undefined) {
    if (setup) throw notAllowed(registerLine(searchAttributeNames().filter(wanted), target.namespace));
    return 'the server does not say which it has; runs work the same without';
  }
  const missing = before.missing.filter(wanted);
  const taken = before.otherType.filter(wanted);
  const also = taken.length === 0 ? '' : `; of another type, so not used: ${taken.join(', ')}`;
  if (missing.length === 0) return `${before.present.length} registered${also}`;
  const line = registerLine(missing, target.namespace);
  if (!setup)
    return `missing: ${missing.join(', ')}${also}. Runs work the same without; \`tidemark check --setup\` registers them`;
  await registerSearchAttributes(client, missing).catch((cause: unknown) => {
    throw notAllowed(line, cause);
  });
  return `registered now: ${missing.join(', ')}${also}`;
}

function notAllowed(line: string, cause?: unknown): TidemarkError {
  return new TidemarkError('The search attributes could not be registered.', {
    code: 'SEARCH_ATTRIBUTES_REFUSED',
    retryable: false,
    mend: `Runs work the same without them. Who may change the namespace can do it so: ${line}`,
    ...(cause === undefined ? {} : { cause }),
  });
}
