import { readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * What titan-rdm-sdk 2.0.0, the existing client, does badly; and the test files that show ours doing it well: each has a test whose
 * name says `weakness N`, or, in this file, begins with `N:`.
 */
export const WEAKNESSES: [number: number, what: string, files: string[]][] = [
  [1, 'a whole file is in memory, several times', ['prepare-upload-sources', 'run-footprint', 'weaknesses']],
  [2, 'types are guessed on download', ['tables-files-store', 'titan-convention-sync']],
  [3, 'NULL, the empty string and words such as NA become one on download', ['tables-files-store', 'prepare-upload']],
  [4, 'NULL and the empty string become one on upload', ['prepare-upload', 'tables-inline-rows']],
  [5, 'integers are sent as 1.0 and booleans as True', ['prepare-upload', 'tables-inline-rows']],
  [
    6,
    'nothing is tried again',
    ['titanrdm-retries', 'titanrdm-download', 'titanrdm-upload', 'titanrdm-sandbox-faults'],
  ],
  [7, 'a 401 fails the run', ['titanrdm-sign-in', 'titanrdm-sandbox']],
  [8, "the server's clock is compared with the local one", ['titanrdm-decisions', 'titanrdm-sandbox']],
  [9, 'only 200 and 201 are a success', ['titanrdm-replies', 'titanrdm-sign-in', 'titanrdm-sandbox-faults']],
  [
    10,
    'timeouts are fixed, and nothing can be cancelled',
    ['titanrdm-retries', 'titanrdm-download', 'titanrdm-upload'],
  ],
  [11, 'tables go one at a time', ['weaknesses']],
  [12, 'a batch is completed although a table failed', ['titan-import-batch']],
  [13, 'an import is created although there is nothing to send', ['titan-import-batch']],
  [14, 'success means only that bytes were handed over', ['titan-import-batch', 'weaknesses']],
  [15, 'keys are checked by a part of the key', ['upload-rules', 'prepare-upload', 'bad-input-rows']],
  [16, 'keys are compared by the types of the source', ['prepare-upload']],
  [17, 'names in filters are not escaped, nor results checked', ['titanrdm-lookups']],
  [18, 'ids are pasted into paths', ['titanrdm-replies']],
  [19, 'signed addresses are told', ['titanrdm-replies', 'titanrdm-download', 'titanrdm-upload']],
  [20, 'the error of reporting an error takes its place', ['weaknesses']],
  [21, 'a failed upload_complete leaves the table stuck', ['titanrdm-retries', 'titanrdm-sandbox-faults']],
  [22, 'a reply without an id erases the id', ['titanrdm-replies']],
  [23, 'gzip and several files are misread', ['titanrdm-download', 'titanrdm-sandbox']],
  [
    24,
    'a download is not checked, nor its address renewed',
    ['titanrdm-download', 'titanrdm-sandbox-faults', 'titan-convention-sync'],
  ],
  [25, 'an empty file is an error', ['titanrdm-download', 'tables-files-store', 'prepare-upload']],
  [26, 'a table can never be emptied', ['titan-import-batch']],
  [27, 'tables are named by display name only, and misspelt ones ignored', ['titan-convention-sync']],
  [28, 'correlation codes are dropped or repeated', ['weaknesses']],
  [29, 'errors are flattened to text', ['weaknesses']],
  [30, 'progress goes to standard output', ['titanrdm-upload', 'weaknesses']],
  [31, 'failures are blamed on the wrong table, or count as no data', ['weaknesses', 'bad-input-names']],
  [32, 'discovery runs twice', ['weaknesses']],
  [
    33,
    'the next mark has to be derived by the caller',
    ['titanrdm-decisions', 'tables-files-store-writing', 'weaknesses'],
  ],
  [34, 'libraries are required and never used', ['weaknesses']],
  [35, 'the short offset of the high date is not understood', ['titanrdm-decisions', 'tables-observer']],
  [36, 'error bodies of odd shapes are misread', ['titanrdm-decisions']],
  [37, 'an import cannot be given up', ['cancellation']],
];

/** Numbers of the weaknesses that the names of a file's tests mention. */
export async function numbersIn(file: string): Promise<number[]> {
  const source = await readFile(path.join('test', `${file}.test.ts`), 'utf8');
  const names = source.match(/(["'`])(?:(?!\1).)*\bweakness(?:es)? (?:(?!\1).)*\1/gu) ?? [];
  const lists = names.flatMap((name) => name.match(/weakness(?:es)? \d+(?:(?:, | and )\d+)*/gu) ?? []);
  const own = file.endsWith('weaknesses') ? (source.match(/\bit\('\d+: /gu) ?? []) : [];
  return [...lists, ...own].flatMap((text) => text.match(/\d+/gu) ?? []).map(Number);
}
