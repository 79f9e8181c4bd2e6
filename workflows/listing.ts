import { workflowInfo } from '@temporalio/workflow';
import { MAX_LIST_IN_RESULT, type ResultsReference } from '../contracts/titan-results.js';
import { call } from './steps.js';

/** Entries of one part of a long list: below a payload's limit whatever the texts. */
const PART_SIZE = 200;

/** A list as a result carries it: itself, or where it was written when it is long. */
export async function listOrReference<T>(
  name: string,
  entries: T[],
): Promise<{ inline: T[]; reference?: ResultsReference }> {
  if (entries.length <= MAX_LIST_IN_RESULT) return { inline: entries };
  const { workflowId, runId } = workflowInfo();
  let location = '';
  let part = 0;
  for (let start = 0; start < entries.length; start += PART_SIZE) {
    part += 1;
    const saved = await call(`Save ${name}, part ${part}`).tidemarkSaveResults({
      workflowId,
      runId,
      name,
      part,
      entries: entries.slice(start, start + PART_SIZE),
    });
    location = saved.location;
  }
  return { inline: [], reference: { location, name, parts: part, entries: entries.length } };
}
