import { amsContentSchema } from './ams/index.js';
import { sandboxContentSchema as titanContentSchema } from './titanrdm/index.js';

/** A definitions file: branches and domains of TitanRDM, and below `ams` forms and users of AMS; what is left out is the demonstration's. */
export const sandboxContentSchema = titanContentSchema.extend({ ams: amsContentSchema.prefault({}) });
