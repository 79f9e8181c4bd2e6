import { defineUpdate, setHandler, workflowInfo } from '@temporalio/workflow';
import { moveSchema, type Move, type Recorded } from '../../contracts/watermark.js';
import { parseInput } from '../input.js';

export const moveUpdate = defineUpdate<Recorded, [Move]>('move');

/** The pipeline's runs come from workers of another task queue now, and nobody may poll this one any more. */
export function handleMoves(): { to: string | undefined } {
  const moves: { to: string | undefined } = { to: undefined };
  setHandler(
    moveUpdate,
    (input) => {
      const { taskQueue } = parseInput('move', moveSchema, input);
      if (taskQueue === workflowInfo().taskQueue) return { changed: false };
      moves.to = taskQueue;
      return { changed: true };
    },
    {
      validator: (input) => void parseInput('move', moveSchema, input),
      description: 'Goes on on another task queue, with all that it holds.',
    },
  );
  return moves;
}
