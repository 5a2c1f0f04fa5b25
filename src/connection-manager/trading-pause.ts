import type { Alerts } from '../alerts/alerts';
import type { AccountName, ReportedConnection } from '../domain/connection';
import type { Halt } from '../domain/halt';
import type { TenantSafeguards } from '../domain/safeguards';
import type { Clock } from '../platform/clock';
import { isoTime } from '../platform/clock';
import type { Random } from '../platform/random';
import type { SafeguardChanges } from '../safeguards/safeguard-changes';

/** Who places these halts; people go by other names. */
export const PAUSED_BY = 'connection-manager';
const HALT_ID_PREFIX = 'poor-connection-';
const REASON_CHARACTERS_MAX = 256;

export interface TradingPauseParts {
  halts: Pick<SafeguardChanges, 'halt' | 'release'>;
  alerts: Alerts;
  clock: Clock;
  random: Random;
}

/** Halts that the service places by itself on an exchange whose connection is poor, and lifts again. It lifts no other. */
export class TradingPause {
  constructor(private readonly parts: TradingPauseParts) {}

  /** Those that stand. */
  pausesOf({ halts }: TenantSafeguards, exchangeId: AccountName['exchangeId']): Halt[] {
    return halts.filter(
      ({ haltId, haltedBy, scope }) =>
        haltedBy === PAUSED_BY && haltId.startsWith(HALT_ID_PREFIX) && scope.exchangeId === exchangeId,
    );
  }

  /** Nothing is sent to the exchange any more when this returns. */
  async pause({ tenantId, exchangeId }: AccountName, poor: readonly ReportedConnection[]): Promise<void> {
    const { halts, alerts, clock, random } = this.parts;
    const reason = poor.map(describe).join('; ').slice(0, REASON_CHARACTERS_MAX);
    const haltedAt = isoTime(clock.now());
    const haltId = `${HALT_ID_PREFIX}${random.uuid()}`;
    await halts.halt({ haltId, tenantId, scope: { exchangeId }, reason, haltedBy: PAUSED_BY, haltedAt });
    alerts.raise({ code: 'TRADING_PAUSED', tenantId, exchangeId, details: { haltId, reason, connections: poor } });
  }

  async lift({ tenantId, exchangeId }: AccountName, pauses: readonly Halt[]): Promise<void> {
    const reason = 'The connections are good again.';
    for (const { haltId } of pauses) {
      await this.parts.halts.release(tenantId, haltId, { releasedBy: PAUSED_BY, reason });
      this.parts.alerts.raise({ code: 'TRADING_RESUMED', tenantId, exchangeId, details: { haltId, reason } });
    }
  }
}

function describe({ type, shortfalls = [] }: ReportedConnection): string {
  const words = shortfalls.map(({ cause, measured, threshold }) =>
    cause === 'LATENCY'
      ? `takes ${Math.round(measured)} ms (at most ${threshold})`
      : `fails in ${Math.round(measured * 100)} % (at most ${Math.round(threshold * 100)} %)`,
  );
  return `the ${type} connection ${words.join(' and ')}`;
}
