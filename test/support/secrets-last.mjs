import Sequencer from '@jest/test-sequencer';

/** The search for secrets comes last: it goes through what all the other tests have left behind. */
export default class SecretsLast extends Sequencer {
  sort(tests) {
    const isSearch = ({ path }) => path.endsWith('secrets.test.ts');
    const sorted = super.sort(tests);
    return [...sorted.filter((test) => !isSearch(test)), ...sorted.filter(isSearch)];
  }
}
