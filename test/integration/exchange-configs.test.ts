import { inspect } from 'node:util';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { ExchangeConfigInput } from '../../src/exchange-service/config-input';
import { displayConfig } from '../../src/exchange-service/display-config';
import { ExchangeService } from '../../src/exchange-service/exchange-service';
import type { ExchangeServiceParts } from '../../src/exchange-service/exchange-service-parts';
import { EXCHANGES } from '../../src/exchanges/registry';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { ownRateLimiter } from '../ratelimit/own-limiter';
import { LocalCipher } from '../../src/storage/credentials/local-cipher';
import { DynamoExchangeConfigStore } from '../../src/storage/dynamodb/exchange-configs-store';
import { unpooled } from '../connection-manager/unpooled';
import { silentAudit } from '../audit/silent-audit';
import { CREDENTIALS, startBinanceSandbox, type BinanceSandbox } from '../exchanges/binance-sandbox';
import { errorHandler } from '../error-handling/error-handler';
import { testStack } from '../stack/stack';
import { freshTenant, openStores, type Stores } from '../storage/stores';

const KEY = { id: 'k1', secret: Buffer.alloc(32, 1) };

let stores: Stores;
let sandbox: BinanceSandbox;
let service: ExchangeService;
let tenantId: string;

beforeAll(async () => {
  [stores, sandbox] = await Promise.all([openStores(testStack()), startBinanceSandbox()]);
});
afterAll(async () => {
  await Promise.all([stores.close(), sandbox.close()]);
});
beforeEach(() => {
  tenantId = freshTenant();
  service = newService();
});
afterEach(() => service.close());

function newService(parts: Partial<ExchangeServiceParts> = {}): ExchangeService {
  return new ExchangeService({
    configs: new DynamoExchangeConfigStore(stores.client, stores.tables),
    cipher: new LocalCipher([KEY]),
    errors: errorHandler(),
    exchanges: EXCHANGES,
    audit: silentAudit,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    rateLimiter: ownRateLimiter(systemClock),
    connections: unpooled,
    allowSimulated: true,
    ...parts,
  });
}

/** The simulated Binance as a tenant registers it; `fields` override. */
function input(fields: Partial<ExchangeConfigInput> = {}): ExchangeConfigInput {
  const { restEndpoint, wsEndpoint, wsPublicEndpoint } = sandbox.config;
  return {
    exchangeId: 'BINANCE',
    mode: 'SANDBOX',
    restEndpoint,
    ...(wsEndpoint !== undefined && { wsEndpoint }),
    ...(wsPublicEndpoint !== undefined && { wsPublicEndpoint }),
    credentials: CREDENTIALS,
    ...fields,
  };
}

const faultsOf = async (call: Promise<unknown>): Promise<{ field: string; message: string }[]> => {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'INVALID_INPUT' });
  return (error as { faults: { field: string; message: string }[] }).faults;
};

describe('registering an exchange', () => {
  it('stores what was given and fills in the rest from the exchange', async () => {
    const config = await service.registerExchange(tenantId, input({ name: 'Main account', priority: 2 }));
    expect(config).toMatchObject({
      name: 'Main account',
      status: 'ACTIVE',
      priority: 2,
      authMethod: 'HMAC',
      emulationAllowed: false,
      stuckAfterMs: 60_000,
      rateLimits: EXCHANGES.BINANCE?.rateLimits.documented,
      supportedFeatures: { supportsWebSocket: true, supportsFIX: false },
    });
    expect(await service.getExchange(tenantId, 'BINANCE')).toEqual(config);
  });

  it('uses the addresses of the exchange itself when none are given', async () => {
    const { restEndpoint: _1, wsEndpoint: _2, wsPublicEndpoint: _3, ...bare } = input();
    const config = await service.registerExchange(tenantId, { ...bare, mode: 'PRODUCTION' });
    expect(config.restEndpoint).toBe('https://api.binance.com');
  });

  it('writes no secret to the table, and returns none', async () => {
    const config = await service.registerExchange(tenantId, input());
    const { Item } = await stores.client.send(
      new GetCommand({ TableName: stores.tables.exchangeConfigs, Key: { tenantId, exchangeId: 'BINANCE' } }),
    );
    for (const text of [JSON.stringify(Item), JSON.stringify(config)]) {
      expect(text).not.toContain(CREDENTIALS.apiKey);
      expect(text).not.toContain(CREDENTIALS.apiSecret);
    }
    expect(config.credentials.apiSecret).toMatch(/^v1\.k1\./);
    expect(displayConfig(config).credentials).toEqual({ apiKey: '••••••••', apiSecret: '••••••••' });
  });

  it('names everything that is wrong at once, and shows no secret in doing so', async () => {
    const wrong = {
      exchangeId: 'BITMEX',
      mode: 'TEST',
      credentials: { apiKey: 'visible?'.repeat(2_000), passphrase: 7 },
      priority: 0,
      surprise: true,
    } as unknown as ExchangeConfigInput;
    const faults = await faultsOf(service.registerExchange('not a tenant!', wrong));
    expect(faults.map(({ field }) => field).sort()).toEqual([
      'credentials.apiKey',
      'credentials.apiSecret',
      'credentials.passphrase',
      'exchangeId',
      'mode',
      'priority',
      'surprise',
      'tenantId',
    ]);
    expect(JSON.stringify(faults)).not.toContain('visible?');
  });

  it('refuses hosts that do not belong to the mode', async () => {
    const cases: [Partial<ExchangeConfigInput>, string[]][] = [
      [{ restEndpoint: 'https://api.binance.com' }, ['restEndpoint']],
      [{ restEndpoint: 'https://testnet.binance.vision.evil.example' }, ['restEndpoint']],
      [{ restEndpoint: 'http://testnet.binance.vision', wsEndpoint: 'nonsense' }, ['restEndpoint', 'wsEndpoint']],
      [{ mode: 'PRODUCTION' }, ['restEndpoint', 'wsEndpoint', 'wsPublicEndpoint']],
      [{ fixEndpoint: 'https://127.0.0.1' }, ['fixEndpoint']],
    ];
    for (const [fields, expected] of cases) {
      const faults = await faultsOf(service.registerExchange(tenantId, input(fields)));
      expect(faults.map(({ field }) => field)).toEqual(expected);
    }
    expect(await service.listExchanges(tenantId)).toEqual([]);
  });

  it('takes loopback for a sandbox only where simulated exchanges are allowed', async () => {
    const faults = await faultsOf(newService({ allowSimulated: false }).registerExchange(tenantId, input()));
    expect(faults.map(({ field }) => field)).toEqual(['restEndpoint', 'wsEndpoint', 'wsPublicEndpoint']);
  });

  it('refuses SANDBOX of an exchange that has none, but not its simulation', async () => {
    const binance = EXCHANGES.BINANCE!;
    const exchanges = { BSDEX: { ...binance, defaultEndpoints: {}, sandboxHosts: [] } };
    const bsdex = newService({ exchanges });
    const { restEndpoint: _1, wsEndpoint: _2, wsPublicEndpoint: _3, ...bare } = input({ exchangeId: 'BSDEX' });
    expect(await faultsOf(bsdex.registerExchange(tenantId, bare))).toEqual([
      { field: 'mode', message: "can't be SANDBOX: BSDEX has no sandbox" },
    ]);
    await expect(bsdex.registerExchange(tenantId, input({ exchangeId: 'BSDEX' }))).resolves.toBeDefined();
  });

  it('refuses an exchange without adapter, and one that is registered already', async () => {
    expect(await faultsOf(service.registerExchange(tenantId, input({ exchangeId: 'FINOA' })))).toHaveLength(1);
    await service.registerExchange(tenantId, input());
    expect(await faultsOf(service.registerExchange(tenantId, input()))).toMatchObject([{ field: 'exchangeId' }]);
  });
});

describe('changing a registration', () => {
  it('keeps what is not named and moves updatedAt on', async () => {
    const before = await service.registerExchange(tenantId, input());
    const after = await service.updateExchange(tenantId, 'BINANCE', {
      priority: 5,
      rateLimits: { ordersPerSecond: 1 },
    });
    const { ordersPerMinute } = before.rateLimits;
    expect(after).toMatchObject({ priority: 5, rateLimits: { ordersPerSecond: 1, ordersPerMinute } });
    expect(after.credentials).toEqual(before.credentials);
    expect(after.updatedAt > before.updatedAt).toBe(true);
  });

  it('wants new credentials with a new mode, and takes the addresses of that mode', async () => {
    await service.registerExchange(tenantId, input());
    const faults = await faultsOf(service.updateExchange(tenantId, 'BINANCE', { mode: 'PRODUCTION' }));
    expect(faults.map(({ field }) => field)).toEqual(['credentials']);
    const credentials = { apiKey: 'other', apiSecret: 'other' };
    const after = await service.updateExchange(tenantId, 'BINANCE', { mode: 'PRODUCTION', credentials });
    expect(after).toMatchObject({ mode: 'PRODUCTION', restEndpoint: 'https://api.binance.com' });
  });

  it('refuses an address of another mode', async () => {
    await service.registerExchange(tenantId, input());
    const update = service.updateExchange(tenantId, 'BINANCE', { restEndpoint: 'https://api.binance.com' });
    expect((await faultsOf(update)).map(({ field }) => field)).toEqual(['restEndpoint']);
  });

  it('loses none of several changes at once', async () => {
    await service.registerExchange(tenantId, input());
    await Promise.all([
      service.setExchangeStatus(tenantId, 'BINANCE', 'MAINTENANCE'),
      newService().updateExchange(tenantId, 'BINANCE', { priority: 7 }),
      newService().updateExchange(tenantId, 'BINANCE', { name: 'renamed' }),
    ]);
    const after = await service.getExchange(tenantId, 'BINANCE');
    expect(after).toMatchObject({ status: 'MAINTENANCE', priority: 7, name: 'renamed' });
  });

  it('shows a new status to every other process at once', async () => {
    await service.registerExchange(tenantId, input());
    const elsewhere = newService();
    await elsewhere.getExchange(tenantId, 'BINANCE');
    await service.setExchangeStatus(tenantId, 'BINANCE', 'INACTIVE');
    expect((await elsewhere.getExchange(tenantId, 'BINANCE')).status).toBe('INACTIVE');
    expect(await faultsOf(service.setExchangeStatus(tenantId, 'BINANCE', 'ASLEEP' as 'ACTIVE'))).toHaveLength(1);
  });

  it('says what is not registered, and keeps tenants apart', async () => {
    await service.registerExchange(tenantId, input());
    const calls = [
      service.getExchange(freshTenant(), 'BINANCE'),
      service.setExchangeStatus(tenantId, 'KRAKEN', 'ACTIVE'),
      service.updateExchange(tenantId, 'KRAKEN', {}),
      service.getAdapter(freshTenant(), 'BINANCE'),
    ];
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'EXCHANGE_NOT_REGISTERED' } });
    }
  });
});

describe('using a registration', () => {
  it('gives one adapter for all calls, which keeps through changes of status', async () => {
    await service.registerExchange(tenantId, input());
    const [one, two] = await Promise.all([
      service.getAdapter(tenantId, 'BINANCE'),
      service.getAdapter(tenantId, 'BINANCE'),
    ]);
    await service.setExchangeStatus(tenantId, 'BINANCE', 'ERROR');
    expect(two).toBe(one);
    expect(await service.getAdapter(tenantId, 'BINANCE')).toBe(one);
  });

  it('gives another adapter after a change of credentials, and disconnects the one before', async () => {
    await service.registerExchange(tenantId, input());
    const before = await service.getAdapter(tenantId, 'BINANCE');
    await before.connect();
    await service.updateExchange(tenantId, 'BINANCE', { credentials: { ...CREDENTIALS, apiSecret: 'another' } });
    const after = await service.getAdapter(tenantId, 'BINANCE');
    expect(after).not.toBe(before);
    expect(before.isConnected()).toBe(false);
  });

  it('asks the exchange whether it takes the credentials', async () => {
    await service.registerExchange(tenantId, input());
    expect(await service.validateCredentials(tenantId, 'BINANCE')).toMatchObject({
      exchangeId: 'BINANCE',
      valid: true,
    });
    await service.updateExchange(tenantId, 'BINANCE', { credentials: { ...CREDENTIALS, apiSecret: 'wrong' } });
    const refused = await service.validateCredentials(tenantId, 'BINANCE');
    expect(refused).toMatchObject({ valid: false });
    expect(refused.reason).toBeTruthy();
    expect(inspect(refused)).not.toContain(CREDENTIALS.apiKey);
  });

  it('calls no credentials wrong while the exchange does not answer', async () => {
    await service.registerExchange(tenantId, input({ restEndpoint: 'http://127.0.0.1:9' }));
    await expect(service.validateCredentials(tenantId, 'BINANCE')).rejects.toMatchObject({ name: 'ServiceError' });
  });

  it('can not open credentials that were moved to another tenant', async () => {
    const other = freshTenant();
    const config = await service.registerExchange(tenantId, input());
    const configs = new DynamoExchangeConfigStore(stores.client, stores.tables);
    await configs.put({ ...config, tenantId: other }, undefined);
    await expect(service.getAdapter(other, 'BINANCE')).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });

  it('lists a tenant’s exchanges in the order of failover', async () => {
    const exchanges = { BINANCE: EXCHANGES.BINANCE!, KRAKEN: EXCHANGES.BINANCE!, OKX: EXCHANGES.BINANCE! };
    const many = newService({ exchanges });
    await many.registerExchange(tenantId, input({ exchangeId: 'OKX', priority: 2 }));
    await many.registerExchange(tenantId, input({ exchangeId: 'BINANCE', priority: 3 }));
    await many.registerExchange(tenantId, input({ exchangeId: 'KRAKEN', priority: 1 }));
    expect((await many.listExchanges(tenantId)).map(({ exchangeId }) => exchangeId)).toEqual([
      'KRAKEN',
      'OKX',
      'BINANCE',
    ]);
  });
});
