import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DefaultLogger, Runtime, Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import * as workflows from '../workflows/index.js';

// Histories as they were recorded by each release (`test/histories/VERSION`): today's workflows must be able to go on from them.

interface SavedHistory {
  events: {
    eventType: string;
    workflowExecutionStartedEventAttributes?: { workflowId: string; workflowType: { name: string } };
    activityTaskScheduledEventAttributes?: { activityType: { name: string } };
  }[];
}

const FOLDER = path.resolve('test', 'histories');
const files = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(path.join(FOLDER, name)).map((file) => path.join(name, file)));

function saved(file: string): SavedHistory {
  // Written by `historyToJSON`.
  return JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as SavedHistory;
}

function replay(history: SavedHistory): Promise<void> {
  const options: ReplayWorkerOptions = { workflowBundle: { codePath: process.env['TIDEMARK_TEST_BUNDLE'] ?? '' } };
  // Ids of children are made from the workflow's own.
  return Worker.runReplayHistory(options, history, startOf(history)?.workflowId ?? '');
}

const startOf = (history: SavedHistory) => history.events[0]?.workflowExecutionStartedEventAttributes;
const lastEvent = (history: SavedHistory): string => history.events.at(-1)?.eventType ?? '';

// What a replay finds is thrown; the runtime's own words about it are not needed.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
});

describe('histories of released versions', () => {
  it.each(files)('%s is replayed by the workflows of today', async (file) => {
    await expect(replay(saved(file))).resolves.toBeUndefined();
  });

  it('are there for every workflow', () => {
    const types = new Set(files.map((file) => startOf(saved(file))?.workflowType.name));
    expect([...types].sort()).toEqual(Object.keys(workflows).sort());
  });

  it('are there of runs that ended well, failed, were cancelled, and were continued as new', () => {
    const endings = new Set(files.map((file) => lastEvent(saved(file)).replace('EVENT_TYPE_WORKFLOW_EXECUTION_', '')));
    expect([...endings].sort()).toEqual(['CANCELED', 'COMPLETED', 'CONTINUED_AS_NEW', 'FAILED']);
  });

  it('would tell of a workflow that does something else now', async () => {
    const file = files.find((each) => path.basename(each) === 'import-batch.json') ?? '';
    const history = saved(file);
    const scheduled = history.events.find((event) => event.activityTaskScheduledEventAttributes !== undefined);
    if (scheduled?.activityTaskScheduledEventAttributes === undefined) throw new Error('the history has no activity');
    scheduled.activityTaskScheduledEventAttributes.activityType.name = 'somethingElse';
    await expect(replay(history)).rejects.toThrow(/somethingElse|nondeterminism/iu);
  });
});
