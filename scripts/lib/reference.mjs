import { z } from 'zod';
import { fieldsOf } from './schema-fields.mjs';

/**
 * docs/reference.md: every field of every input and of tidemark.yaml, from the schemas themselves.
 * Returns the text, and the fields that have no description.
 */
export function reference(contracts) {
  const missing = [];
  const section = (title, schema, { skip, note } = {}) => {
    const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
    const fields = fieldsOf(json).filter(({ path }) => skip?.(path) !== true);
    missing.push(
      ...fields
        .filter(({ isDescribed, path }) => !isDescribed && path !== 'version')
        .map(({ path }) => `${title}: ${path}`),
    );
    return [`## ${title}`, '', ...(note === undefined ? [] : [note, '']), ...table(fields), ''];
  };
  const workflows = contracts.pipelineSchema.options.map(({ shape }) => shape.workflow.value);
  const lines = [
    '# Reference of every input field',
    '',
    'Made from the schemas by `npm run build`: not to be edited by hand. Inputs are plain JSON, the same from every client and language. Keys that',
    'are not listed are refused. `[]` stands for each entry of a list, `{name}` for each key of a map; *one of* means that a value has one of',
    'these shapes. How to do what: [import.md](import.md), [convention-sync.md](convention-sync.md), [ingest.md](ingest.md),',
    '[from-workflows.md](from-workflows.md).',
    '',
    ...workflows.flatMap((name) =>
      section(name, inputOf(contracts, name), { note: `Input of the workflow \`${name}\`.` }),
    ),
    ...section('tidemarkRun', contracts.tidemarkRunInputSchema, { note: 'Input of the workflow `tidemarkRun`.' }),
    ...section('tidemarkWatermark: advance', contracts.advanceSchema, { note: 'Input of the update `advance`.' }),
    ...section('tidemarkWatermark: set', contracts.setWatermarkSchema, { note: 'Input of the update `set`.' }),
    ...section('tidemarkWatermark: reset', contracts.resetWatermarkSchema, { note: 'Input of the update `reset`.' }),
    ...section('tidemark.yaml', contracts.configSchema, {
      note: "The config file. A pipeline's `input` is that of its workflow, above; an ingest's `pipeline` may be left out there.",
      skip: (path) => path.startsWith('pipelines.{name}.input.'),
    }),
  ];
  return { text: `${lines.join('\n').trimEnd()}\n`, missing };
}

/** Schemas are named by their workflow; one that is not is the config's. */
function inputOf(contracts, name) {
  return (
    contracts[`${name}InputSchema`] ??
    contracts.pipelineSchema.options.find(({ shape }) => shape.workflow.value === name).shape.input
  );
}

function table(fields) {
  const rows = fields.map(
    ({ path, type, initial, text }) => `| \`${path}\` | ${cell(type)} | ${cell(initial)} | ${cell(text)} |`,
  );
  return ['| field | type | default | what it is |', '| --- | --- | --- | --- |', ...rows];
}

const cell = (text) => text.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ');
