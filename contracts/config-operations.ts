import { z } from 'zod';

// The parts of `tidemark.yaml` about running pipelines: what is seen of them, and what keeps them running.

/** Search attributes that runs set where the namespace has them: `tidemark check --setup` registers them. */
export const searchAttributesConfigSchema = z.strictObject({
  /** Also the high watermark (`TidemarkWatermark`). Search attributes are never encrypted, and a watermark can be a value of a row. */
  watermark: z.boolean().default(false),
});

/** Keys of `temporal` that are about running pipelines. */
export const temporalOperationsShape = {
  searchAttributes: searchAttributesConfigSchema.optional(),
};
