import { ConnectionManager } from '../../src/connection-manager/connection-manager';
import { ConnectionWatch } from '../../src/connection-manager/connection-watch';
import { QUALITY_DEFAULTS } from '../../src/connection-manager/quality';
import { TradingPause } from '../../src/connection-manager/trading-pause';
import type { ExchangeConfig } from '../../src/domain/exchange';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { SafeguardChanges } from '../../src/safeguards/safeguard-changes';
import { SafeguardsReader } from '../../src/safeguards/safeguards-reader';
import { DynamoSafeguardsStore } from '../../src/storage/dynamodb/safeguards-store';
import { RedisConnectionStates } from '../../src/storage/redis/connection-states';
import type { ConnectionWatch as TransportWatch } from '../../src/transport/connection-observer';
import { KeptAlerts } from '../alerts/kept-alerts';
import { ManualClock } from '../alerts/manual-clock';
import { silentAudit } from '../audit/silent-audit';
import type { Stores } from '../storage/stores';
import { freshTenant } from '../storage/stores';
import { ScriptedAdapter } from './scripted-adapter';

/** One process's connections to a tenant's account, watched on real stores; how the exchange answers, the test says. */
export class WatchedAccount {
  readonly account;
  readonly alerts = new KeptAlerts();
  readonly manager: ConnectionManager;
  readonly changes: SafeguardChanges;
  readonly states: RedisConnectionStates;
  readonly store: DynamoSafeguardsStore;
  private readonly watch: ConnectionWatch;
  private rest: TransportWatch | undefined;

  constructor(
    stores: Stores,
    readonly clock: ManualClock = new ManualClock(Date.now()),
    tenantId = freshTenant(),
    readonly process = `p-${systemRandom.uuid()}`,
  ) {
    const parts = { clock, random: systemRandom, alerts: this.alerts };
    this.account = { tenantId, exchangeId: 'BINANCE' } as const;
    this.store = new DynamoSafeguardsStore(stores.client, stores.tables);
    this.changes = new SafeguardChanges(this.store, silentAudit, clock);
    this.states = new RedisConnectionStates(stores.redis, clock, this.alerts);
    this.manager = new ConnectionManager({
      openAdapter: () => Promise.reject(new Error('not asked for')),
      factsOf: () => Promise.resolve({ status: 'ACTIVE', thresholds: QUALITY_DEFAULTS }),
      ...parts,
    });
    this.watch = new ConnectionWatch({
      ...parts,
      manager: this.manager,
      states: this.states,
      safeguards: new SafeguardsReader(this.store, clock),
      pause: new TradingPause({ halts: this.changes, ...parts }),
      logger: silentLogger,
    });
  }

  /** Opens the account's stream, as its holder does. */
  async hold(): Promise<void> {
    const { tenantId, exchangeId } = this.account;
    const scripted = new ScriptedAdapter({ healthCheck: () => Promise.reject(new Error('no exchange')) });
    const config = { tenantId, exchangeId, restEndpoint: 'http://x', wsEndpoint: 'ws://x' } as ExchangeConfig;
    const adapter = this.manager.keep(config, (observer) => {
      this.rest = observer.watch({ type: 'REST', purpose: 'CALLS', endpoint: 'http://x' });
      return scripted.asAdapter();
    });
    await adapter.connect();
  }

  /** A call of ours, answered after so long or never. */
  call(answer: { latencyMs: number } | { failure: Error }): void {
    this.rest?.sent();
    if ('failure' in answer) return this.rest?.failed(answer.failure);
    this.rest?.received();
    this.rest?.answered(answer.latencyMs);
  }

  look(): Promise<void> {
    return this.watch.look(this.process);
  }

  close(): Promise<void> {
    return this.watch.close();
  }

  async halts(): Promise<string[]> {
    return (await this.store.get(this.account.tenantId)).halts.map(({ haltedBy }) => haltedBy);
  }

  codes(): string[] {
    return this.alerts.raised.map(({ code }) => code);
  }
}
