import { workflowInfo } from '@temporalio/workflow';

/**
 * For `setWorkflowOptions` of workflows that live for ever: where workers have versions, they move to the current one at their next task,
 * instead of staying with the one that they began on. A worker without versions may not say so: its workflow tasks would fail.
 */
export function upgradesItself(): { versioningBehavior?: 'AUTO_UPGRADE' } {
  // A worker without versions has a build id all the same, and no deployment.
  const { deploymentName = '' } = workflowInfo().currentDeploymentVersion ?? {};
  return deploymentName === '' ? {} : { versioningBehavior: 'AUTO_UPGRADE' };
}
