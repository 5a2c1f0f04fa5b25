import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../../src/local/ports';
import { findServer } from '../../src/local/redis';
import { startWatchdog } from '../../src/local/watchdog';
import { systemRandom } from '../../src/platform/random';
import { eventually } from './eventually';
import { inWorkshop } from './test-workshop';

const NODES = 3;
const SLOTS = 16_384;
/** Nodes talk to each other at this distance from their ports. */
const BUS_OFFSET = 10_000;

/** A Redis Cluster of three nodes, without replicas, which keeps nothing. */
export interface RedisCluster {
  /** As REDIS_URL. */
  url: string;
  /** A connection to each node. */
  nodes: Redis[];
  close(): Promise<void>;
}

export async function startRedisCluster(): Promise<RedisCluster> {
  const command = await inWorkshop('redis', findServer);
  const directory = mkdtempSync(join(tmpdir(), 'redis-cluster-'));
  const watchdog = startWatchdog();
  const ports: number[] = [];
  while (ports.length < NODES) ports.push(await freePort(systemRandom));
  for (const port of ports) {
    const own = join(directory, String(port));
    mkdirSync(own);
    const args = [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', own, '--save', ''],
      ...['--cluster-enabled', 'yes', '--cluster-config-file', join(own, 'nodes.conf')],
    ];
    const pipes = { stdout: 'pipe', stderr: 'pipe' } as const;
    const child = watchdog.spawn({ command, args, environment: process.env, directory: own, ...pipes });
    child.stdout?.resume();
    child.stderr?.resume();
  }
  const nodes = ports.map((port) => new Redis(port, '127.0.0.1'));
  for (const node of nodes) node.on('error', () => undefined); // until it listens
  await joined(nodes, ports);
  return {
    url: ports.map((port) => `redis://127.0.0.1:${port}`).join(','),
    nodes,
    close: async () => {
      for (const node of nodes) node.disconnect();
      await watchdog.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function joined(nodes: Redis[], ports: number[]): Promise<void> {
  const share = Math.ceil(SLOTS / NODES);
  for (const [index, node] of nodes.entries()) {
    const slots = Array.from({ length: SLOTS }, (_, slot) => slot).slice(index * share, (index + 1) * share);
    await node.cluster('ADDSLOTS', ...slots);
    const port = ports[index] ?? 0;
    await nodes[0]?.call('CLUSTER', 'MEET', '127.0.0.1', port, port + BUS_OFFSET);
  }
  await eventually(async () => {
    for (const node of nodes) {
      const info = await node.cluster('INFO');
      if (!info.includes('cluster_state:ok') || !info.includes(`cluster_known_nodes:${NODES}`)) throw new Error(info);
    }
  });
}
