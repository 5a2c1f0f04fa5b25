import type { Command } from 'commander';
import { ServiceError } from '../../domain/errors';
import type { OrderRequestInput } from '../../domain/order-request';
import { isoTime } from '../../platform/clock';
import { type CommonFlags, present, tenantOf, wholeNumber } from '../command-line';
import { readJson } from '../input-files';
import type { Surroundings } from '../surroundings';

export interface SubmitFlags extends CommonFlags {
  file?: string;
  strategy?: string;
  exchange?: string;
  asset?: string;
  side?: string;
  type?: string;
  quantity?: string;
  price?: string;
  stopPrice?: string;
  trailingDelta?: string;
  tif?: string;
  expiresAt?: string;
  key?: string;
  submitBefore?: string;
  postOnly?: true;
  metadata?: string;
  timeout?: number;
}

export function addSubmitOptions(command: Command): Command {
  return command
    .option('--file <path>', 'the order as JSON, - is stdin; flags stand before its fields')
    .option('--strategy <id>', 'whose order it is')
    .option('--exchange <id>', 'BINANCE, COINBASE, …')
    .option('--asset <base/quote>', 'the instrument, BTC/USDT')
    .option('--side <side>', 'BUY or SELL')
    .option('--type <type>', 'MARKET, LIMIT, STOP_LIMIT, STOP_MARKET, TRAILING_STOP')
    .option('--quantity <decimal>', 'in base currency')
    .option('--price <decimal>', 'in quote currency')
    .option('--stop-price <decimal>', 'in quote currency')
    .option('--trailing-delta <decimal>', 'in quote currency')
    .option('--tif <tif>', 'time in force: GTC, IOC, FOK, GTD')
    .option('--expires-at <instant>', 'for GTD, ISO 8601')
    .option('--key <idempotencyKey>', 'one key is one order, for ever: repeat a submit with the same')
    .option('--submit-before <instant>', 'not sent after this')
    .option('--post-only', 'refused rather than taking liquidity')
    .option('--metadata <json>', 'your notes, seen again in the order')
    .option('--timeout <ms>', 'how long to wait for the answer', wholeNumber);
}

/** The order that a command line describes, as it is: the client checks it. @throws ServiceError INVALID_INPUT */
export async function readOrder(flags: SubmitFlags, surroundings: Surroundings): Promise<OrderRequestInput> {
  const read = flags.file === undefined ? {} : await readJson(flags.file, '--file', surroundings.stdin);
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return read as OrderRequestInput;
  const fromFile = read as Partial<OrderRequestInput>;
  const order = {
    timestamp: isoTime(surroundings.clock.now()),
    ...fromFile,
    ...fieldsOf(flags),
    tenantId: flags.tenant ?? fromFile.tenantId ?? tenantOf(flags, surroundings),
  };
  return order as object as OrderRequestInput;
}

function fieldsOf(flags: SubmitFlags): object {
  return present({
    strategyId: flags.strategy,
    exchangeId: flags.exchange,
    assetId: flags.asset,
    side: flags.side,
    orderType: flags.type,
    quantity: flags.quantity,
    price: flags.price,
    stopPrice: flags.stopPrice,
    trailingDelta: flags.trailingDelta,
    timeInForce: flags.tif,
    expiresAt: flags.expiresAt,
    idempotencyKey: flags.key,
    submitBefore: flags.submitBefore,
    postOnly: flags.postOnly,
    metadata: flags.metadata === undefined ? undefined : parseMetadata(flags.metadata),
  });
}

function parseMetadata(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const message = `must be JSON like {"signal":"breakout"}, got ${JSON.stringify(text.slice(0, 80))}`;
    throw new ServiceError('INVALID_INPUT', `--metadata ${message}.`, [{ field: 'metadata', message }]);
  }
}
