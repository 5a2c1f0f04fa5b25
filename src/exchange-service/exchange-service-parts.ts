import type { AuditService } from '../audit/audit-service';
import type { ConnectionManager } from '../connection-manager/connection-manager';
import type { ExchangeId } from '../domain/exchange';
import type { ErrorHandler } from '../error-handling/error-handler';
import type { AdapterOptions, ExchangeModule } from '../exchanges/exchange-module';
import type { CredentialCipher } from '../storage/credentials/cipher';
import type { ExchangeConfigStore } from '../storage/exchange-configs';

export interface ExchangeServiceParts extends Omit<AdapterOptions, 'config' | 'credentials' | 'observer'> {
  audit: Pick<AuditService, 'observe' | 'record'>;
  configs: ExchangeConfigStore;
  cipher: CredentialCipher;
  errors: ErrorHandler;
  exchanges: Partial<Record<ExchangeId, ExchangeModule>>;
  connections: Pick<ConnectionManager, 'keep'>;
}
