import type { ConnectionManager } from '../../src/connection-manager/connection-manager';
import { UNWATCHED } from '../../src/transport/connection-observer';

/** For tests that are not about connections. */
export const unpooled: Pick<ConnectionManager, 'keep'> = {
  keep: (_config, build) => build({ watch: () => UNWATCHED }),
};
