import { nearNamesText } from '../../connectors/common/near-names.js';
import { titanErrorCodes } from '../../connectors/titanrdm/error-codes.js';
import { errorCatalogue, type CatalogueEntry } from '../../contracts/error-catalogue.js';
import { TidemarkError } from '../../contracts/errors.js';
import type { Action } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { print, printJson } from '../output.js';

/** Every code that an error of Tidemark can carry. */
export const allErrors: Readonly<Record<string, CatalogueEntry>> = { ...titanErrorCodes, ...errorCatalogue };

export const action: Action<object> = ({ args: [wanted], options }) => Promise.resolve(show(wanted, options.json));

function show(wanted: string | undefined, json: boolean): number {
  if (wanted === undefined) {
    const entries = Object.entries(allErrors).sort(([a], [b]) => (a < b ? -1 : 1));
    if (json) printJson(Object.fromEntries(entries.map(([code, { meaning, mend }]) => [code, { meaning, mend }])));
    else print(entries.map(([code, { meaning }]) => `${code}\n    ${meaning}`).join('\n'));
    return EXIT.ok;
  }
  const code = Object.keys(allErrors).find((known) => known.toLowerCase() === wanted.toLowerCase());
  const entry = code === undefined ? undefined : allErrors[code];
  if (code === undefined || entry === undefined) {
    throw new TidemarkError(`No error has the code "${wanted}". ${nearNamesText(wanted, Object.keys(allErrors))}`, {
      code: 'UNKNOWN_ERROR_CODE',
      retryable: false,
    });
  }
  const { meaning, mend } = entry;
  if (json) printJson({ code, meaning, mend });
  else print(`${code}\n${meaning}\n${mend}`);
  return EXIT.ok;
}
