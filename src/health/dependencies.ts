import { withinLimit } from '../connections/time-limit';
import type { AccountName } from '../domain/connection';
import type { Clock } from '../platform/clock';

/** How one part that a process stands on answers. */
export interface DependencyHealth {
  name: 'Temporal' | 'DynamoDB' | 'Redis';
  ok: boolean;
  /** Without it nothing can be traded; without the others, with less comfort. */
  required: boolean;
  reason?: string;
}

/** Each resolves when the part answers. */
export interface DependencyProbes {
  temporal(): Promise<unknown>;
  dynamodb(): Promise<unknown>;
  redis(): Promise<unknown>;
  clock: Clock;
}

const ANSWER_LIMIT_MS = 2_000;
/** No tenant can be called so: what is read is nobody's. */
export const NOBODY: AccountName = { tenantId: 'health.check', exchangeId: 'BINANCE' };

export async function checkDependencies(probes: DependencyProbes): Promise<DependencyHealth[]> {
  return await Promise.all([
    checked(probes.clock, 'Temporal', true, () => probes.temporal()),
    checked(probes.clock, 'DynamoDB', true, () => probes.dynamodb()),
    checked(probes.clock, 'Redis', false, () => probes.redis()),
  ]);
}

async function checked(
  clock: Clock,
  name: DependencyHealth['name'],
  required: boolean,
  probe: () => Promise<unknown>,
): Promise<DependencyHealth> {
  try {
    await withinLimit(clock, ANSWER_LIMIT_MS, name, probe());
    return { name, ok: true, required };
  } catch (error) {
    return { name, ok: false, required, reason: error instanceof Error ? error.message : String(error) };
  }
}
