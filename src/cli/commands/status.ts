import type { Command } from 'commander';
import { readTradingStatus } from '../../client/trading-status';
import { dependencyProbes } from '../../composition/dependency-probes';
import { checkDependencies } from '../../health/dependencies';
import type { TradingStatus } from '../../health/trading-status';
import { addVerb, type CommonFlags, print, tenantOf } from '../command-line';
import { tryTemporal, withServices } from '../connect';
import { EXIT_CODES, type Surroundings } from '../surroundings';

export function statusCommands(program: Command, surroundings: Surroundings): void {
  addVerb(
    program,
    'status',
    'Whether the tenant can trade, at each exchange, and if not, why; exit code 1 if not',
  ).action((flags: CommonFlags) => show(flags, surroundings));
}

async function show(flags: CommonFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const status = await withServices(surroundings, async (services) => {
    const temporal = await tryTemporal(surroundings);
    try {
      const dependencies = await checkDependencies(dependencyProbes(services, temporal));
      return await readTradingStatus({ ...services, client: temporal?.client, dependencies }, tenantId);
    } finally {
      await temporal?.close();
    }
  });
  print(flags, surroundings, status, statusText);
  if (!status.canTrade) surroundings.exitWith(EXIT_CODES.refused);
}

function statusText({ canTrade, reasons, dependencies, exchanges }: TradingStatus): string {
  const parts = dependencies.map(({ name, ok }) => `${name} ${ok ? 'answers' : 'does not answer'}`);
  return [
    canTrade ? 'Can trade.' : 'CAN NOT TRADE.',
    ...reasons.map((reason) => `  - ${reason}`),
    ...exchanges.flatMap((exchange) => [
      `${exchange.exchangeId}: ${exchange.canTrade ? 'can trade' : 'CAN NOT TRADE'}`,
      ...exchange.reasons.map((reason) => `  - ${reason}`),
      ...exchange.notes.map((note) => `  (${note})`),
    ]),
    parts.join(', '),
  ].join('\n');
}
