import type { ExchangeId } from '../domain/exchange';
import type { ALERTS, AlertCode, AlertSeverity, AlertSubject } from './alert-table';

/** What alerts of a subject name; what they may name besides, for whoever reads them, is optional. */
interface SubjectNames {
  SERVICE: object;
  TENANT: { tenantId: string };
  EXCHANGE: { tenantId: string; exchangeId: ExchangeId; orderId?: string };
  ORDER: { tenantId: string; orderId: string; exchangeId?: ExchangeId };
}

type AlertOf<S extends AlertSubject> = SubjectNames[S] & {
  /** Sets alerts of one subject apart: those that differ in it don't hold each other back (an exchange's error code, say). */
  aspect?: string;
  /** What is known of it; JSON, without secrets. */
  details: object;
};

/** What raises an alert: its code, what it is about, and the details. */
export type AlertInput = { [C in AlertCode]: { code: C } & AlertOf<(typeof ALERTS)[C]['subject']> }[AlertCode];

/** An alert as sinks deliver it. */
export interface Alert {
  schemaVersion: 1;
  alertId: string;
  code: AlertCode;
  severity: AlertSeverity;
  tenantId?: string;
  exchangeId?: ExchangeId;
  orderId?: string;
  /** The same for all alerts of one code and subject, so that a receiver can group what several workers send. */
  groupKey: string;
  meaning: string;
  runbook: string;
  details: object;
  raisedAt: string;
  /** How many more of this group were held back since the last one was sent; `details` are those of the latest. */
  suppressed: number;
}

/** Where alerts are raised. Never waits, never throws, may be called for every single event. */
export interface Alerts {
  raise(alert: AlertInput): void;
}

/** One way for alerts to reach people. */
export interface AlertSink {
  readonly name: string;
  /** @throws anything when it was not delivered; it is then tried again */
  deliver(alert: Alert): Promise<void>;
  close(): Promise<void>;
}
