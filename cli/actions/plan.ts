import { describePlan } from '../../connectors/postgres/migrate/index.js';
import { planIngest, type IngestPlan, type JsonValue } from '../../connectors/postgres/index.js';
import { TidemarkError } from '../../contracts/errors.js';
import { isTitanPipeline } from '../../workers/plan/index.js';
import { pipelineOf } from '../../workers/client/index.js';
import { loadConfig } from '../../workers/config/index.js';
import { closeConnections, openConnections } from '../../workers/index.js';
import { withClosers } from '../closers.js';
import type { Action } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { print, printJson } from '../output.js';
import { configFile } from '../temporal.js';
import { printTitanPlan } from './plan-titan.js';
import { planOfProfiles } from '../profiles-plan.js';
import { embeddedOfDev } from './worker.js';

export const action: Action<object> = ({ args: [name = ''], options }) =>
  withClosers(async (closers) => {
    const { config } = await loadConfig({ ...configFile(options), ...(await embeddedOfDev(options)) });
    const pipeline = pipelineOf(config, name);
    const connections = openConnections(config);
    closers.add(() => closeConnections(connections));
    const { json } = options;
    if (isTitanPipeline(pipeline)) return printTitanPlan(name, pipeline, { config, connections, json });
    if (pipeline.workflow === 'amsUpsertProfiles')
      return planOfProfiles(name, pipeline.input, { config, connections, json });
    if (pipeline.workflow !== 'postgresIngest') throw noPlan(name, pipeline.workflow);
    const { input } = pipeline;
    const database = connections.databases[input.target];
    // The config was checked: a target is a connection of type postgres.
    if (database === undefined) throw new Error(`no database '${input.target}'`);
    const deletes = input.delete === '__BEFORE_FIRST_BATCH__';
    const plan = await planIngest(database.client, input.tables, { deleteFirst: deletes });
    const owner = ownerInTheWay(plan, input.pipeline ?? name, input.adopt);
    const start = startOf(input.highWatermark, plan);
    if (options.json) {
      const tables = plan.tables.map(({ steps, ...rest }) => ({
        ...rest,
        steps: Object.values(steps).flatMap((stage) => stage.map(({ what }) => what)),
      }));
      printJson({ pipeline: name, ...plan.stored, start, ...(owner === undefined ? {} : { owner }), tables });
    } else {
      // What a person must not overlook comes first.
      const risky = plan.tables.filter(({ blockers, losses }) => blockers.length + losses.length > 0);
      const others = plan.tables.filter((table) => !risky.includes(table));
      print(
        [
          ...(owner === undefined ? [] : [`! cannot be done: ${owner}`]),
          ...[...risky, ...others].flatMap((table) => describePlan(table)),
          `starts from the high watermark ${JSON.stringify(start)}`,
        ].join('\n'),
      );
    }
    const isBlocked = owner !== undefined || plan.tables.some(({ blockers }) => blockers.length > 0);
    return isBlocked ? EXIT.failed : EXIT.ok;
  });

function startOf(wanted: JsonValue, { stored }: IngestPlan): JsonValue {
  if (wanted === '__LATEST__') return stored.value;
  return wanted === '__EARLIEST__' ? null : wanted;
}

function ownerInTheWay({ stored }: IngestPlan, pipeline: string, adopts: boolean): string | undefined {
  const owner = stored.marker?.pipeline ?? null;
  if (adopts || owner === null || owner === pipeline) return undefined;
  return `the table belongs to pipeline '${owner}'. Give each pipeline tables of its own, or take this one over with adopt: true.`;
}

function noPlan(name: string, workflow: string): TidemarkError {
  return new TidemarkError(`Pipeline "${name}" is one of ${workflow}: what it would do is not known beforehand.`, {
    code: 'NO_PLAN',
    retryable: false,
    mend: 'A plan is to be had for pipelines of postgresIngest and amsUpsertProfiles.',
  });
}
