import { createOrderManager } from '../../src/client/order-manager';
import { ensureConnection } from '../../src/client/ensure-connection';
import { openServices } from '../../src/composition/services';
import type { ExchangeId } from '../../src/domain/exchange';
import { systemClock } from '../../src/platform/clock';
import { noCrashPoint } from '../../src/platform/crash-points';
import { parseEnvironment } from '../../src/platform/environment';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { SimulatorAdmin } from '../../src/simulator/admin-client';
import { connectClient } from '../../src/temporal/connect-client';
import { openTestAccount } from '../stack/account';
import { type Line, openLine } from '../stack/line';
import { freshNamespace } from '../stack/namespace';
import { registerSecondExchange, SECOND_EXCHANGE } from '../stack/renamed-binance';
import type { TestStack } from '../stack/stack';
import { serviceEnvironment, startWorkerProcess } from '../stack/worker-process';
import { join } from 'node:path';
import { ratio, round } from './percentiles';

const CALLERS = 4;
/** A p95 of fewer is that of two or three calls. */
const CALLS = 200;
const HUNG_ORDERS = 150;
/** For the burst of their starts to pass: what is measured is what they do while they hang. */
const SETTLE_MS = 5_000;
/** Longer than a block with what comes before it. */
const BAN_SECONDS = 30;
/** After a silence the orders that may have been sent are looked up first, again and again. */
const IDLE_MS_MAX = 300_000;

type Trouble = 'calm' | 'hung' | 'banned';

export interface IsolationFigures {
  /** Acknowledgements of the exchange that serves, by what the other one does meanwhile. */
  p95Ms: Record<Trouble, number[]>;
  hungRatio: number;
  bannedRatio: number;
  /** Of the calm blocks, the slowest to the fastest: what the same code differs by in this run. */
  calmSpread: number;
}

type Submit = (tenantId: string, exchangeId: ExchangeId) => Promise<unknown>;

/** One exchange serves; the other, in blocks that take turns, has nothing to do, hangs, or bans us. */
export async function measureIsolation(stack: TestStack, rounds: number): Promise<IsolationFigures> {
  registerSecondExchange();
  const namespace = await freshNamespace(stack.temporalAddress, 'isolation');
  const settings = parseEnvironment({ ...serviceEnvironment(stack), TEMPORAL_NAMESPACE: namespace });
  const platform = { clock: systemClock, random: systemRandom, logger: silentLogger, crashPoint: noCrashPoint };
  const [services, temporal] = await Promise.all([openServices(settings, platform), connectClient(settings)]);
  const entry = join(__dirname, '..', 'stack', 'two-exchanges-worker.ts');
  const worker = await startWorkerProcess(stack, 'all-workers', { namespace, entry });
  const line = await openLine(new URL(stack.simulator.exchanges['binance']?.['rest'] ?? ''));
  const manager = createOrderManager({ ...services, client: temporal.client });
  const submit: Submit = (tenantId, exchangeId) =>
    manager.submitOrder(anOrder(tenantId, exchangeId), { timeoutMs: IDLE_MS_MAX });
  try {
    const serving = await openTestAccount(services, stack.simulator);
    const restEndpoint = `http://127.0.0.1:${line.port}`;
    const other = await openTestAccount(services, stack.simulator, { exchangeId: SECOND_EXCHANGE, restEndpoint });
    await ensureConnection(temporal.client, serving.tenantId, 'BINANCE');
    await submit(serving.tenantId, 'BINANCE');
    await submit(other.tenantId, SECOND_EXCHANGE);
    return await alternate({ submit, serving: serving.tenantId, other: other.tenantId, line, stack }, rounds);
  } finally {
    line.close();
    await worker.stop();
    await temporal.close();
    await services.close();
  }
}

interface Scene {
  submit: Submit;
  serving: string;
  other: string;
  line: Line;
  stack: TestStack;
}

async function alternate(scene: Scene, rounds: number): Promise<IsolationFigures> {
  const p95Ms: Record<Trouble, number[]> = { calm: [], hung: [], banned: [] };
  await block(scene);
  for (let i = 0; i < rounds; i++) {
    for (const trouble of ['calm', 'hung', 'calm', 'banned'] as const)
      p95Ms[trouble].push(await during(trouble, scene));
  }
  const middle = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
  return {
    p95Ms,
    hungRatio: ratio(middle(p95Ms.hung), middle(p95Ms.calm)),
    bannedRatio: ratio(middle(p95Ms.banned), middle(p95Ms.calm)),
    calmSpread: ratio(Math.max(...p95Ms.calm), Math.min(...p95Ms.calm)),
  };
}

/** Ends when the other exchange has nothing left to do, so that no block has an earlier one's orders beside it. */
async function during(trouble: Trouble, scene: Scene): Promise<number> {
  if (trouble === 'calm') return await block(scene);
  const { submit, other, line, stack } = scene;
  const admin = new SimulatorAdmin(stack.simulator.adminUrl);
  const ban = { kind: 'rate-limit', status: 418, retryAfterSeconds: BAN_SECONDS } as const;
  if (trouble === 'hung') line.fallSilent();
  else await admin.addFault({ match: { endpoint: 'POST /api/v3/order', apiKey: `key-${other}` }, effect: ban });
  const held = Promise.all(Array.from({ length: HUNG_ORDERS }, () => submit(other, SECOND_EXCHANGE)));
  await systemClock.sleep(SETTLE_MS);
  const p95Ms = await block(scene);
  if (trouble === 'hung') line.mend();
  else await admin.clearFaults();
  await held;
  return p95Ms;
}

/** The p95 of a block of acknowledgements. */
async function block({ submit, serving }: Scene): Promise<number> {
  const latenciesMs: number[] = [];
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (latenciesMs.length < CALLS) {
        const startedMs = performance.now();
        await submit(serving, 'BINANCE');
        latenciesMs.push(performance.now() - startedMs);
      }
    }),
  );
  latenciesMs.sort((a, b) => a - b);
  return round(latenciesMs[Math.ceil(latenciesMs.length * 0.95) - 1] ?? NaN);
}

/** It ends with its answer: nobody sells at that price. */
function anOrder(
  tenantId: string,
  exchangeId: ExchangeId,
): Parameters<ReturnType<typeof createOrderManager>['submitOrder']>[0] {
  return {
    ...{ tenantId, exchangeId, strategyId: 'bench', assetId: 'BTC/USDT', side: 'BUY', orderType: 'LIMIT' },
    ...{ quantity: '0.001', price: '20000', timeInForce: 'IOC' },
    idempotencyKey: systemRandom.uuid(),
    timestamp: new Date().toISOString(),
  };
}
