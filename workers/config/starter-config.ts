export interface StarterOptions {
  /** Address of the tenant, or the word `sandbox`. */
  url: string;
  /** Names of the variables that hold the credentials. */
  clientId: string;
  clientSecret: string;
  branch: string;
  domain: { name: string; tables: readonly { conventionKey: string; name: string }[] };
  /** Folder of the tables, relative to that of the config. */
  store: string;
}

/** Tables that the comment lists: a domain of thousands must not bury the config. */
const MAX_LISTED = 200;

/** A first `tidemark.yaml`: the domain both ways between the tenant and a folder of files. Holds no secret. */
export function starterConfig({ url, clientId, clientSecret, branch, domain, store }: StarterOptions): string {
  const slug = slugOf(domain.name);
  const [example = 'abbreviation_table'] = domain.tables.map(({ conventionKey }) => conventionKey);
  const common = [
    'connection: tenant',
    'branch:',
    `  name: ${scalar(branch)}`,
    `domain: ${scalar(domain.name)}`,
    'store: tables',
  ];
  return `# yaml-language-server: $schema=./node_modules/tidemark/schema/tidemark.schema.json
version: 1

connections:
  tenant:
    type: titanrdm
    url: ${scalar(url)}
    # Secrets come from the environment.
    clientId: \${${clientId}}
    clientSecret: \${${clientSecret}}

  # One file per table, named by its convention key: ${example}.csv or ${example}.parquet
  tables:
    type: files
    path: ${scalar(store)}

${tableComment(domain, branch)}
pipelines:
  ${slug}-up:
    description: ${scalar(`Tables of ${domain.name} into TitanRDM`)}
    workflow: titanConventionUpload
    input:
${indented([...common, ...DELETE_GUARD], 6)}
    # A run every night: take the # away, then \`tidemark apply\`.
    # schedule:
    #   cron: 0 2 * * *
    #   timezone: Europe/London

  ${slug}-down:
    description: ${scalar(`Tables of ${domain.name} out of TitanRDM`)}
    workflow: titanConventionDownload
    input:
${indented(common, 6)}
`;
}

/** The guard against a source that has lost its rows. */
const DELETE_GUARD = [
  '# A run that would delete more than half of a table stops before anything is applied.',
  'maxDeletes: 0.5',
];

function tableComment({ name, tables }: StarterOptions['domain'], branch: string): string {
  const width = Math.max(0, ...tables.map(({ conventionKey }) => conventionKey.length));
  const lines = tables
    .slice(0, MAX_LISTED)
    .map((table) => `#   ${table.conventionKey.padEnd(width)}  ${oneLine(table.name)}`);
  const more = tables.length - lines.length;
  return [
    `# Tables of ${oneLine(name)} that are deployed on branch ${oneLine(branch)}: ${tables.length}. Both pipelines take them all;`,
    '# `tables: [...]` in an input names some of them.',
    ...lines,
    ...(more > 0 ? [`#   and ${more} more`] : []),
  ].join('\n');
}

/** A pipeline's name holds letters, digits, ".", "_" and "-". */
function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return slug === '' ? 'domain' : slug;
}

/** Plain where YAML cannot take it for something else; what looks like a variable is kept from being filled in. */
function scalar(text: string): string {
  const literal = text.replaceAll('${', '$${');
  const plain =
    /^(?!(?:true|false|null|yes|no|on|off)$)[A-Za-z][\w./:-]*(?: [\w./-]+)*$/i.test(literal) && !literal.endsWith(':');
  return plain ? literal : JSON.stringify(literal);
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

const indented = (lines: readonly string[], width: number): string =>
  lines.map((line) => `${' '.repeat(width)}${line}`).join('\n');
