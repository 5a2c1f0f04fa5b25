import { ConnectionManager, type ConnectionManagerParts } from '../../src/connection-manager/connection-manager';
import { QUALITY_DEFAULTS } from '../../src/connection-manager/quality';
import type { ExchangeAdapter } from '../../src/exchanges/adapter';
import { together } from '../../src/metrics/connection-tally';
import { systemClock } from '../../src/platform/clock';
import { systemRandom } from '../../src/platform/random';
import { unobserved } from '../audit/silent-audit';
import type { BinanceSandbox } from '../exchanges/binance-sandbox';

/** A manager whose connections go to a simulated Binance. */
export function managerOf(
  sandbox: Pick<BinanceSandbox, 'config' | 'createAdapter'>,
  parts: Partial<ConnectionManagerParts> = {},
): ConnectionManager {
  const manager: ConnectionManager = new ConnectionManager({
    openAdapter: () =>
      Promise.resolve(
        manager.keep(sandbox.config, (observer): ExchangeAdapter =>
          sandbox.createAdapter({ observer: together([unobserved, observer]) }),
        ),
      ),
    factsOf: () => Promise.resolve({ status: 'ACTIVE', thresholds: QUALITY_DEFAULTS }),
    clock: systemClock,
    random: systemRandom,
    ...parts,
  });
  return manager;
}
