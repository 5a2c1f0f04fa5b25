import type { ActivityDeps } from '../../activities/deps';
import type { LastCheck } from '../../src/exchanges/adapter';

/** Leave to send, without end. */
export const cleared: LastCheck = () => Promise.resolve({ outcome: 'cleared', sendBy: Infinity });

/** A tenant without halts and limits, for tests of something else. */
export const noSafeguards: ActivityDeps['safeguards'] = {
  findDenial: () => Promise.resolve(undefined),
  lastCheck: () => cleared,
  wantsSecondReport: () => Promise.resolve(false),
};
