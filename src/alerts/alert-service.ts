import { setMaxListeners } from 'node:events';
import type { Clock } from '../platform/clock';
import { isoTime } from '../platform/clock';
import type { Logger } from '../platform/logger';
import type { Random } from '../platform/random';
import { ALERTS } from './alert-table';
import type { Alert, AlertInput, Alerts, AlertSink } from './alerts';
import { DeliveryQueue } from './delivery-queue';

/** Groups of one code and tenant that are told one by one; the others are told as one. */
export const GROUPS_APART_MAX = 20;
const REST = '*';

export interface AlertServiceParts {
  sinks: readonly AlertSink[];
  clock: Clock;
  random: Random;
  logger: Logger;
}

interface OpenWindow {
  suppressed: number;
  latest: AlertInput;
}

/**
 * Tells people, through every sink, what the table says they must know. The first alert of a group goes out at once;
 * those that follow within its window are counted, and told at its end in one that opens the next window.
 */
export class AlertService implements Alerts {
  private readonly queues: readonly DeliveryQueue[];
  /** By code and tenant, then by group. */
  private readonly windows = new Map<string, Map<string, OpenWindow>>();
  private readonly closing = new AbortController();

  constructor(private readonly parts: AlertServiceParts) {
    setMaxListeners(0, this.closing.signal); // one for each open window
    this.queues = parts.sinks.map((sink) => new DeliveryQueue(sink, parts));
  }

  raise(alert: AlertInput): void {
    const family = `${alert.code}/${tenantOf(alert) ?? ''}`;
    const groups = this.windows.get(family) ?? new Map<string, OpenWindow>();
    this.windows.set(family, groups);
    const own = groupOf(alert);
    const group = groups.has(own) || groups.size < GROUPS_APART_MAX ? own : REST;
    const open = groups.get(group);
    if (open !== undefined) {
      open.suppressed += 1;
      open.latest = alert;
      return;
    }
    this.send(alert, group, 0);
    void this.keepOpen(family, group, { suppressed: 0, latest: alert });
  }

  /** Sends what is counted or queued, as far as the sinks take it within their limit. */
  async close(): Promise<void> {
    this.closing.abort();
    await new Promise(setImmediate);
    await Promise.all(this.queues.map((queue) => queue.close()));
  }

  /** One timer a group, and as long as alerts come one alert a window. */
  private async keepOpen(family: string, group: string, window: OpenWindow): Promise<void> {
    const groups = this.windows.get(family);
    groups?.set(group, window);
    const { windowMs } = ALERTS[window.latest.code];
    do {
      window.suppressed = 0;
      await this.parts.clock.sleep(windowMs, this.closing.signal).catch(() => {});
      if (window.suppressed > 0) this.send(window.latest, group, window.suppressed - 1);
    } while (window.suppressed > 0 && !this.closing.signal.aborted);
    groups?.delete(group);
    if (groups?.size === 0) this.windows.delete(family);
  }

  private send(input: AlertInput, group: string, suppressed: number): void {
    const { aspect: _, code, details, ...names } = input;
    const { severity, meaning, runbook } = ALERTS[code];
    const alert: Alert = {
      schemaVersion: 1,
      alertId: this.parts.random.uuid(),
      code,
      severity,
      ...names,
      groupKey: `${code}/${tenantOf(input) ?? ''}/${group}`,
      meaning,
      runbook,
      details,
      raisedAt: isoTime(this.parts.clock.now()),
      suppressed,
    };
    for (const queue of this.queues) queue.push(alert);
  }
}

function tenantOf(alert: AlertInput): string | undefined {
  return 'tenantId' in alert ? alert.tenantId : undefined;
}

function groupOf(alert: AlertInput): string {
  const { exchangeId, orderId } = alert as { exchangeId?: string; orderId?: string };
  const name = { SERVICE: '', TENANT: '', EXCHANGE: exchangeId, ORDER: orderId }[ALERTS[alert.code].subject] ?? '';
  return alert.aspect === undefined ? name : `${name}/${alert.aspect}`;
}
