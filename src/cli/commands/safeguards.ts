import { type Command, InvalidArgumentError } from 'commander';
import { createSafeguardSettings } from '../../client/safeguard-settings';
import type { TenantSafeguards } from '../../domain/safeguards';
import type { SettingsChanges } from '../../safeguards/settings-input';
import { addVerb, type CommonFlags, present, print, tenantOf, wholeNumber } from '../command-line';
import { withServices } from '../connect';
import type { Surroundings } from '../surroundings';
import { fieldsOf } from '../tables';

interface SetFlags extends CommonFlags {
  maxNotional?: Record<string, string> | 'off';
  priceCollar?: string;
  ordersPerSecond?: number | 'off';
  maxOpenOrders?: number | 'off';
  checkBalance?: true | 'off';
  preventSelfTrade?: true | 'off';
  maxConnectionLatencyMs?: number | 'off';
  maxConnectionErrorPercent?: number | 'off';
  pauseOnPoorConnection?: true | 'off';
  fourEyesRelease?: true | 'off';
  fourEyesMarkFilled?: true | 'off';
  by?: string;
}

export function safeguardCommands(program: Command, surroundings: Surroundings): void {
  const area = program.command('safeguards').description("Limits on the tenant's own sends, checked before each");
  addVerb(area, 'show', 'Which limits are on').action((flags: CommonFlags) => show(flags, surroundings));
  addVerb(area, 'set', 'Set limits, or switch them off; those that are not named stay')
    .option('--max-notional <list>', "of one order, by quote currency: USDT=100000,EUR=50000; or 'off'", notionals)
    .option('--price-collar <percent>', "from the middle of the market, on either side; or 'off'")
    .option('--orders-per-second <n>', "new orders and amendments; or 'off'", countOrOff)
    .option('--max-open-orders <n>', "at all exchanges together; or 'off'", countOrOff)
    .option('--check-balance <on|off>', 'whether the free balance covers the order', onOrOff)
    .option('--prevent-self-trade <on|off>', "whether it would meet an open order of the tenant's own", onOrOff)
    .option('--max-connection-latency-ms <n>', "before people are told of a slow connection; or 'off'", countOrOff)
    .option('--max-connection-error-percent <n>', "before people are told of a failing one; or 'off'", countOrOff)
    .option('--pause-on-poor-connection <on|off>', 'whether nothing is sent while a connection is that poor', onOrOff)
    .option('--four-eyes-release <on|off>', 'whether a halt must be released by somebody else than who halted', onOrOff)
    .option(
      '--four-eyes-mark-filled <on|off>',
      'whether fills that only people know of must be reported by two',
      onOrOff,
    )
    .option('--by <name>', 'who changes (default: this user)')
    .action((flags: SetFlags) => set(flags, surroundings));
}

async function show(flags: CommonFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const safeguards = await withServices(surroundings, (services) => createSafeguardSettings(services).get(tenantId));
  print(flags, surroundings, safeguards, safeguardsText);
}

async function set(flags: SetFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const { json: _1, tenant: _2, by: _3, priceCollar, ...others } = flags;
  const given = present({ ...others, priceCollarPercent: priceCollar });
  const changes = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, value === 'off' ? null : value]),
  ) as SettingsChanges;
  const by = flags.by ?? surroundings.user;
  const safeguards = await withServices(surroundings, (services) =>
    createSafeguardSettings(services).set(tenantId, changes, by),
  );
  print(flags, surroundings, safeguards, safeguardsText);
}

function safeguardsText({ settings, halts, changedBy, changedAt }: TenantSafeguards): string {
  const { maxNotional, priceCollarPercent, ordersPerSecond, maxOpenOrders } = settings;
  const { checkBalance, preventSelfTrade, fourEyesRelease, fourEyesMarkFilled } = settings;
  const { maxConnectionLatencyMs, maxConnectionErrorPercent, pauseOnPoorConnection } = settings;
  const notional = Object.entries(maxNotional ?? {}).map(([quote, limit]) => `${limit} ${quote}`);
  return fieldsOf({
    'max notional': notional.join(', ') || 'off',
    'price collar': priceCollarPercent === undefined ? 'off' : `${priceCollarPercent} %`,
    'orders per second': ordersPerSecond ?? 'off',
    'max open orders': maxOpenOrders ?? 'off',
    'check balance': checkBalance ? 'on' : 'off',
    'prevent self-trade': preventSelfTrade ? 'on' : 'off',
    'max connection latency': maxConnectionLatencyMs === undefined ? 'default' : `${maxConnectionLatencyMs} ms`,
    'max connection errors': maxConnectionErrorPercent === undefined ? 'default' : `${maxConnectionErrorPercent} %`,
    'pause on poor connection': pauseOnPoorConnection ? 'on' : 'off',
    'four-eyes release': fourEyesRelease ? 'on' : 'off',
    'four-eyes mark filled': fourEyesMarkFilled ? 'on' : 'off',
    'halts standing': halts.length,
    changed: changedAt && `${changedAt} by ${changedBy}`,
  });
}

function countOrOff(text: string): number | 'off' {
  return text === 'off' ? text : wholeNumber(text);
}

function onOrOff(text: string): true | 'off' {
  if (text === 'on') return true;
  if (text === 'off') return text;
  throw new InvalidArgumentError("It must be 'on' or 'off'.");
}

function notionals(text: string): Record<string, string> | 'off' {
  if (text === 'off') return text;
  const pairs = text.split(',').map((pair) => pair.split('='));
  if (pairs.every((pair) => pair.length === 2)) return Object.fromEntries(pairs) as Record<string, string>;
  throw new InvalidArgumentError("It must be like USDT=100000,EUR=50000, or 'off'.");
}
