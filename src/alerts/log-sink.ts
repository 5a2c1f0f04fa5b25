import type { Logger } from '../platform/logger';
import type { AlertSink } from './alerts';

/** Alerts as lines of the log, for whatever watches it. */
export function createLogSink(logger: Logger): AlertSink {
  return {
    name: 'log',
    deliver: (alert) => {
      const write = alert.severity === 'CRITICAL' ? logger.error : logger.warn;
      write.call(logger, { alert }, `ALERT ${alert.code}: ${alert.meaning}`);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
