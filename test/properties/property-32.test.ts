import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import type { Denied, Unknown } from '../../src/domain/outcome';
import type { ExchangeAdapter, PlacedOrder } from '../../src/exchanges/adapter';
import { systemClock } from '../../src/platform/clock';
import { createHostGuard } from '../../src/transport/host-guard';
import { createRESTClient } from '../../src/transport/rest/rest-client';
import { ManualClock } from '../alerts/manual-clock';
import { managerOf } from '../connection-manager/own-pool';
import { ScriptedAdapter } from '../connection-manager/scripted-adapter';
import { type BinanceSandbox, startBinanceSandbox, TENANT } from '../exchanges/binance-sandbox';
import { assertInLanes, LANES_TIMEOUT_MS } from './lanes';

const LIMIT_MS = 10_000;
const guard = createHostGuard({ mode: 'SANDBOX', productionHosts: [], sandboxHosts: [], allowSimulated: true });

let sandbox: BinanceSandbox;
let server: Server;
/** Requests that wait for their answer, by path. */
const held = new Map<string, ServerResponse>();
let runs = 0;
beforeAll(async () => {
  sandbox = await startBinanceSandbox();
  server = createServer((request, response) => {
    held.set(request.url ?? '', response);
    server.emit('held');
  }).listen(0, '127.0.0.1');
  server.setMaxListeners(0);
  await once(server, 'listening');
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await sandbox.close();
});

/** An adapter whose calls are requests to the server. */
function adapterOn(run: number): { adapter: ExchangeAdapter; close(): Promise<void> } {
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const rest = createRESTClient({ baseUrl, guard, clock: systemClock });
  let calls = 0;
  const get = async <T>(answer: T): Promise<T> => {
    await rest.request({ method: 'GET', endpoint: `/${run}/${calls++}` });
    return answer;
  };
  const adapter = new ScriptedAdapter({
    getPositions: () => get([]),
    submitOrder: () => get({ outcome: 'accepted' } as never),
  });
  return { adapter: adapter.asAdapter(), close: () => rest.close() };
}

async function arrived(run: number, count: number): Promise<ServerResponse[]> {
  const own = (): ServerResponse[] =>
    Array.from({ length: count }, (_, call) => held.get(`/${run}/${call}`)).filter((each) => each !== undefined);
  while (own().length < count) await once(server, 'held');
  return own();
}

test(
  'Property 32: a shutdown waits for the requests under way up to its limit, and takes no new one meanwhile',
  async () => {
    await assertInLanes(
      fc.asyncProperty(
        fc.array(fc.record({ isOrder: fc.boolean(), isAnswered: fc.boolean() }), { maxLength: 8 }),
        fc.nat(3),
        async (requests, late) => {
          const run = runs++;
          const clock = new ManualClock();
          const manager = managerOf(sandbox, { clock, shutdownLimitMs: LIMIT_MS });
          const wire = adapterOn(run);
          const adapter = manager.keep(sandbox.config, () => wire.adapter);
          const call = (isOrder: boolean): Promise<unknown> =>
            (isOrder ? adapter.submitOrder({} as PlacedOrder) : adapter.getPositions()).catch((error: Error) => error);
          const underWay = requests.map(({ isOrder }) => call(isOrder));
          const responses = await arrived(run, requests.length);

          const shutdown = manager.gracefulShutdown(TENANT, 'BINANCE');
          if (requests.length > 0) {
            for (let i = 0; i < late; i++) {
              expect(await call(false)).toMatchObject({ code: 'SHUTTING_DOWN' });
              expect(await call(true)).toMatchObject({
                outcome: 'denied',
                error: { code: 'SHUTTING_DOWN' },
              } satisfies DeepPartial<Denied>);
            }
            await expect(manager.createConnection(TENANT, 'BINANCE', 'REST')).rejects.toMatchObject({
              code: 'SHUTTING_DOWN',
            });
          }
          const answered = requests.flatMap(({ isAnswered }, index) => (isAnswered ? [index] : []));
          for (const index of answered) responses[index]?.end('{}');
          for (const index of answered) expect(await underWay[index]).not.toBeInstanceOf(Error);
          const cancelled = requests.length - answered.length;
          await clock.pass(cancelled > 0 ? LIMIT_MS : 0);

          expect(await shutdown).toEqual({
            connectionsClosedCount: requests.length > 0 ? 1 : 0,
            pendingRequestsCompleted: answered.length,
            pendingRequestsCancelled: cancelled,
            shutdownTimeMs: cancelled > 0 ? LIMIT_MS : 0,
          });
          for (const [index, { isOrder, isAnswered }] of requests.entries()) {
            const end = await underWay[index];
            if (isAnswered) continue;
            if (isOrder)
              expect(end).toMatchObject({
                outcome: 'unknown',
                error: { code: 'OUTCOME_UNKNOWN' },
              } satisfies DeepPartial<Unknown>);
            else expect(end).toMatchObject({ code: 'SHUTTING_DOWN' });
          }
          for (const response of responses) if (!response.writableEnded) response.end('{}');
          await wire.close();
          expect((await manager.getConnectionPool(TENANT, 'BINANCE')).connections).toEqual([]);
        },
      ),
    );
  },
  LANES_TIMEOUT_MS,
);

type DeepPartial<T> = { [K in keyof T]?: T[K] extends object ? DeepPartial<T[K]> : T[K] };
