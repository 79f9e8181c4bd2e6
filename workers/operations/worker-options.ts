import type { WorkerOptions } from '@temporalio/worker';
import type { WorkerConfig } from '../../contracts/config.js';
import type { DeploymentConfig, ResourceTunerConfig } from '../../contracts/config-operations.js';

/** What the config's `worker` means in the SDK's words. Left out there: the SDK's own defaults. */
export function workerOptionsOf(config: WorkerConfig): Partial<WorkerOptions> {
  const { maxConcurrentActivities, maxConcurrentWorkflowTasks, maxConcurrentLocalActivities } = config;
  const { maxCachedWorkflows, shutdownGraceSeconds, resources, deployment } = config;
  return {
    ...(maxConcurrentActivities === undefined ? {} : { maxConcurrentActivityTaskExecutions: maxConcurrentActivities }),
    ...(maxConcurrentWorkflowTasks === undefined
      ? {}
      : { maxConcurrentWorkflowTaskExecutions: maxConcurrentWorkflowTasks }),
    ...(maxConcurrentLocalActivities === undefined
      ? {}
      : { maxConcurrentLocalActivityExecutions: maxConcurrentLocalActivities }),
    ...(maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows }),
    shutdownGraceTime: shutdownGraceSeconds * 1_000,
    ...(resources === undefined ? {} : { tuner: tunerOf(resources) }),
    ...(deployment === undefined ? {} : { workerDeploymentOptions: deploymentOf(deployment) }),
  };
}

function tunerOf(config: ResourceTunerConfig): NonNullable<WorkerOptions['tuner']> {
  const { targetMemory, targetCpu, maxActivities, maxWorkflowTasks } = config;
  return {
    tunerOptions: { targetMemoryUsage: targetMemory, targetCpuUsage: targetCpu },
    activityTaskSlotOptions: { minimumSlots: 1, maximumSlots: maxActivities },
    workflowTaskSlotOptions: { minimumSlots: 2, maximumSlots: maxWorkflowTasks },
    localActivityTaskSlotOptions: { minimumSlots: 2, maximumSlots: maxWorkflowTasks },
  };
}

function deploymentOf({
  name,
  buildId,
  runs,
}: DeploymentConfig): NonNullable<WorkerOptions['workerDeploymentOptions']> {
  return {
    useWorkerVersioning: true,
    version: { deploymentName: name, buildId },
    defaultVersioningBehavior: runs === 'pinned' ? 'PINNED' : 'AUTO_UPGRADE',
  };
}
