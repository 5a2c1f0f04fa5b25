import type { AuditService } from '../../src/audit/audit-service';
import type { CallObserver } from '../../src/transport/call-observer';

/** For tests that are not about what calls leave behind. */
export const unobserved: CallObserver = { begin: () => () => undefined };

export const silentAudit: Pick<AuditService, 'observe' | 'record' | 'logFixMessage'> = {
  observe: () => unobserved,
  record() {},
  logFixMessage() {},
};
