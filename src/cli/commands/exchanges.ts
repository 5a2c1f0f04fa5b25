import { type Command, Option } from 'commander';
import { ensureConnection } from '../../client/ensure-connection';
import { ensureReconciliation } from '../../client/reconciliation-schedule';
import { checkInput, placeSchema } from '../../client/input';
import { ServiceError } from '../../domain/errors';
import type { ExchangeConfig, ExchangeId, ExchangeStatus } from '../../domain/exchange';
import { EXCHANGE_MODES, EXCHANGE_STATUSES } from '../../domain/exchange';
import type { ExchangeConfigInput } from '../../exchange-service/config-input';
import { displayConfig } from '../../exchange-service/display-config';
import { addVerb, type CommonFlags, present, print, tenantOf, wholeNumber } from '../command-line';
import { withDesk, withServices } from '../connect';
import { readJson } from '../input-files';
import { EXIT_CODES, type Surroundings } from '../surroundings';
import { fieldsOf, tableOf } from '../tables';

interface ExchangeFlags extends CommonFlags {
  exchange: string;
}

interface StatusFlags extends ExchangeFlags {
  status: ExchangeStatus;
  reason?: string;
}

interface RegisterFlags extends ExchangeFlags {
  mode: string;
  name?: string;
  credentialsFile?: string;
  restEndpoint?: string;
  wsEndpoint?: string;
  wsPublicEndpoint?: string;
  fixEndpoint?: string;
  priority?: number;
  emulation?: true;
  stuckAfterMs?: number;
}

interface UpdateFlags extends ExchangeFlags {
  name?: string;
  priority?: number;
  emulation?: 'on' | 'off';
  stuckAfterMs?: number;
}

const STUCK_AFTER = 'after how long of doubt about an order a person is asked';

/** Secrets never come as flags: every user of the machine sees those. */
const CREDENTIAL_VARIABLES = {
  apiKey: 'EXCHANGE_API_KEY',
  apiSecret: 'EXCHANGE_API_SECRET',
  passphrase: 'EXCHANGE_API_PASSPHRASE',
} as const;

export function exchangeCommands(program: Command, surroundings: Surroundings): void {
  const area = program.command('exchanges').description("The tenant's exchanges");
  const ofExchange = (name: string, description: string): Command =>
    addVerb(area, name, description).requiredOption('--exchange <id>', 'BINANCE, COINBASE, …');
  addVerb(area, 'list', 'All registered exchanges').action((flags: CommonFlags) => list(flags, surroundings));
  ofExchange('get', 'One registration; credentials stay hidden').action((flags: ExchangeFlags) =>
    get(flags, surroundings),
  );
  addRegisterOptions(
    ofExchange('register', 'Register an exchange, hold its private stream, and reconcile it by schedule'),
  ).action((flags: RegisterFlags) => register(flags, surroundings));
  ofExchange('update', 'Change a registration; what is not given stays')
    .option('--name <text>', 'for people')
    .option('--priority <n>', 'for failover: 1 is tried first', wholeNumber)
    .addOption(new Option('--emulation <word>', 'emulate what the exchange lacks').choices(['on', 'off']))
    .option('--stuck-after-ms <n>', STUCK_AFTER, wholeNumber)
    .action((flags: UpdateFlags) => update(flags, surroundings));
  ofExchange('set-status', 'ACTIVE takes orders; the others refuse new ones, while cancels and streams go on')
    .addOption(new Option('--status <status>').choices(EXCHANGE_STATUSES).makeOptionMandatory())
    .option('--reason <text>', 'shown with the status')
    .action((flags: StatusFlags) => setStatus(flags, surroundings));
  ofExchange('test', 'Ask the exchange whether it takes the credentials').action((flags: ExchangeFlags) =>
    test(flags, surroundings),
  );
}

function addRegisterOptions(command: Command): Command {
  return command
    .addOption(new Option('--mode <mode>').choices(EXCHANGE_MODES).makeOptionMandatory())
    .option('--credentials-file <path>', 'JSON {apiKey, apiSecret, passphrase?}; - is stdin')
    .option('--name <text>', 'for people')
    .option('--rest-endpoint <url>', "instead of the exchange's own")
    .option('--ws-endpoint <url>', "instead of the exchange's own")
    .option('--ws-public-endpoint <url>', "instead of the exchange's own")
    .option('--fix-endpoint <url>', "instead of the exchange's own")
    .option('--priority <n>', 'for failover: 1 is tried first', wholeNumber)
    .option('--emulation', 'emulate order types and times in force that the exchange lacks')
    .option('--stuck-after-ms <n>', STUCK_AFTER, wholeNumber)
    .addHelpText(
      'after',
      `\nCredentials come from --credentials-file, or from ${Object.values(CREDENTIAL_VARIABLES).join(', ')}; never from a flag.`,
    );
}

async function list(flags: CommonFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const configs = await withServices(surroundings, ({ exchanges }) => exchanges.listExchanges(tenantId));
  print(flags, surroundings, configs.map(displayConfig), configTable);
}

async function get(flags: ExchangeFlags, surroundings: Surroundings): Promise<void> {
  const [tenantId, exchangeId] = [tenantOf(flags, surroundings), exchangeOf(flags)];
  const config = await withServices(surroundings, ({ exchanges }) => exchanges.getExchange(tenantId, exchangeId));
  print(flags, surroundings, displayConfig(config), configText);
}

async function register(flags: RegisterFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const { mode, name, restEndpoint, wsEndpoint, wsPublicEndpoint, fixEndpoint, priority, stuckAfterMs } = flags;
  const input = {
    exchangeId: exchangeOf(flags),
    mode,
    credentials: await credentialsOf(flags, surroundings),
    ...present({ name, restEndpoint, wsEndpoint, wsPublicEndpoint, fixEndpoint, priority, stuckAfterMs }),
    ...(flags.emulation && { emulationAllowed: true }),
  };
  // The service itself checks what comes in from outside.
  const registration = input as ExchangeConfigInput;
  const config = await withDesk(surroundings, async ({ services, temporal }) => {
    const registered = await services.exchanges.registerExchange(tenantId, registration);
    await ensureConnection(temporal.client, tenantId, registered.exchangeId);
    await ensureReconciliation(temporal.client, registered);
    return registered;
  });
  print(flags, surroundings, displayConfig(config), configText);
}

async function update(flags: UpdateFlags, surroundings: Surroundings): Promise<void> {
  const [tenantId, exchangeId] = [tenantOf(flags, surroundings), exchangeOf(flags)];
  const { name, priority, stuckAfterMs, emulation } = flags;
  const changes = {
    ...present({ name, priority, stuckAfterMs }),
    ...(emulation !== undefined && { emulationAllowed: emulation === 'on' }),
  };
  const config = await withServices(surroundings, ({ exchanges }) =>
    exchanges.updateExchange(tenantId, exchangeId, changes),
  );
  print(flags, surroundings, displayConfig(config), configText);
}

async function setStatus(flags: StatusFlags, surroundings: Surroundings): Promise<void> {
  const [tenantId, exchangeId] = [tenantOf(flags, surroundings), exchangeOf(flags)];
  const config = await withServices(surroundings, async ({ exchanges }) => {
    await exchanges.setExchangeStatus(tenantId, exchangeId, flags.status, flags.reason);
    return await exchanges.getExchange(tenantId, exchangeId);
  });
  print(flags, surroundings, displayConfig(config), ({ status }) => `${exchangeId} is ${status} for ${tenantId}.`);
}

async function test(flags: ExchangeFlags, surroundings: Surroundings): Promise<void> {
  const [tenantId, exchangeId] = [tenantOf(flags, surroundings), exchangeOf(flags)];
  const result = await withServices(surroundings, ({ exchanges }) =>
    exchanges.validateCredentials(tenantId, exchangeId),
  );
  print(flags, surroundings, result, ({ valid, reason }) =>
    valid ? `${exchangeId} takes the credentials of ${tenantId}.` : `${exchangeId} refuses them: ${reason}`,
  );
  if (!result.valid) surroundings.exitWith(EXIT_CODES.refused);
}

function exchangeOf({ exchange }: ExchangeFlags): ExchangeId {
  const { exchangeId } = checkInput(placeSchema, { exchangeId: exchange }, 'The exchange');
  return exchangeId as ExchangeId;
}

async function credentialsOf(
  { credentialsFile }: RegisterFlags,
  { environment, stdin }: Surroundings,
): Promise<unknown> {
  if (credentialsFile !== undefined) return await readJson(credentialsFile, '--credentials-file', stdin);
  const named = Object.entries(CREDENTIAL_VARIABLES).map(([field, variable]) => [field, environment[variable]]);
  const given = Object.fromEntries(named.filter(([, value]) => value)) as Record<string, string>;
  if (Object.keys(given).length > 0) return given;
  const { apiKey, apiSecret } = CREDENTIAL_VARIABLES;
  const message = `are required: give --credentials-file, or set ${apiKey} and ${apiSecret}`;
  throw new ServiceError('INVALID_INPUT', `Credentials ${message}.`, [{ field: 'credentials', message }]);
}

function configTable(configs: ExchangeConfig[]): string {
  return tableOf(
    ['exchange', 'name', 'mode', 'status', 'priority', 'REST', 'updated', 'reason'],
    configs.map(({ exchangeId, name, mode, status, priority, restEndpoint, updatedAt, statusReason }) => [
      exchangeId,
      name,
      mode,
      status,
      priority,
      restEndpoint,
      updatedAt,
      statusReason,
    ]),
  );
}

function configText({ supportedFeatures, rateLimits: _, credentials, ...config }: ExchangeConfig): string {
  return fieldsOf({
    exchange: config.exchangeId,
    tenant: config.tenantId,
    name: config.name,
    mode: config.mode,
    status: config.status,
    reason: config.statusReason,
    priority: config.priority,
    REST: config.restEndpoint,
    WebSocket: config.wsEndpoint,
    'public WebSocket': config.wsPublicEndpoint,
    FIX: config.fixEndpoint,
    credentials: Object.keys(credentials).join(', '),
    'order types': supportedFeatures.supportedOrderTypes.join(', '),
    'times in force': supportedFeatures.supportedTimeInForce.join(', '),
    emulation: config.emulationAllowed ? 'on' : 'off',
    'stuck after': `${config.stuckAfterMs} ms`,
    updated: config.updatedAt,
  });
}
