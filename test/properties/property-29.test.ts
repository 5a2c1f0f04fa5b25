import fc from 'fast-check';
import type { ConnectionManager } from '../../src/connection-manager/connection-manager';
import type { Connection } from '../../src/domain/connection';
import { managerOf } from '../connection-manager/own-pool';
import { type BinanceSandbox, startBinanceSandbox, TENANT } from '../exchanges/binance-sandbox';
import { assertInLanes, LANES_TIMEOUT_MS } from './lanes';

let sandbox: BinanceSandbox;
beforeAll(async () => {
  sandbox = await startBinanceSandbox();
});
afterAll(() => sandbox.close());

type Step = { kind: 'get' | 'create'; type: 'REST' | 'WEBSOCKET'; besides: number } | { kind: 'close'; which: number };

const types = fc.constantFrom('REST', 'WEBSOCKET');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('get', 'create'), type: types, besides: fc.nat(2) }),
  fc.record({ kind: fc.constant('close' as const), which: fc.nat(9) }),
);

/** Asks for one, and at the same time for some more of them. */
async function ask(
  manager: ConnectionManager,
  { kind, type, besides }: Exclude<Step, { kind: 'close' }>,
): Promise<(Connection | Error)[]> {
  const one = (): Promise<Connection> =>
    kind === 'get' ? manager.getConnection(TENANT, 'BINANCE', type) : manager.createConnection(TENANT, 'BINANCE', type);
  return await Promise.all(Array.from({ length: 1 + besides }, () => one().catch((error: Error) => error)));
}

test(
  'Property 29: a pool never has more than maxConnections, and a connection that is open is reused',
  async () => {
    await assertInLanes(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.array(step, { minLength: 1, maxLength: 5 }),
        async (maxConnections, steps) => {
          const manager = managerOf(sandbox, { maxConnections });
          const pool = async (): Promise<Connection[]> =>
            (await manager.getConnectionPool(TENANT, 'BINANCE')).connections;
          for (const next of steps) {
            const before = await pool();
            if (next.kind === 'close') {
              const closed = before[next.which % Math.max(1, before.length)];
              if (closed !== undefined) await manager.closeConnection(closed.connectionId);
              expect(await pool()).not.toContainEqual(expect.objectContaining({ connectionId: closed?.connectionId }));
              continue;
            }
            const known = before.filter(({ type, status }) => type === next.type && status === 'CONNECTED');
            const given = await ask(manager, next);
            const after = await pool();
            expect(after.length).toBeLessThanOrEqual(maxConnections);
            for (const answer of given) {
              if (answer instanceof Error) expect(answer).toMatchObject({ code: 'CONNECTIONS_EXHAUSTED' });
              else expect(after).toContainEqual(expect.objectContaining({ connectionId: answer.connectionId }));
            }
            const isReused = next.kind === 'get' && known.length > 0;
            if (isReused) {
              const ids = known.map(({ connectionId }) => connectionId);
              for (const answer of given) expect(ids).toContain((answer as Connection).connectionId);
              expect(after).toHaveLength(before.length);
            }
          }
          const { connectionsClosedCount } = await manager.gracefulShutdown(TENANT);
          expect(connectionsClosedCount).toBeLessThanOrEqual(maxConnections);
          expect(await pool()).toEqual([]);
        },
      ),
    );
    expect((await sandbox.admin.state()).subscriptions).toBe(0);
  },
  LANES_TIMEOUT_MS,
);
