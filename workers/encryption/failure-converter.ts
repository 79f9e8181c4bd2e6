import { DefaultFailureConverter } from '@temporalio/common';

/**
 * Puts the message and the stack of every failure into a payload, so that the codec encrypts them too. Temporal loads this module by its path:
 * into the worker, and into the bundle of the workflows.
 */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
