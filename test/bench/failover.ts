import { setTimeout as pause } from 'node:timers/promises';
import { openServices } from '../../src/composition/services';
import { systemClock } from '../../src/platform/clock';
import { noCrashPoint } from '../../src/platform/crash-points';
import { parseEnvironment } from '../../src/platform/environment';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { SimulatorAdmin } from '../../src/simulator/admin-client';
import { connectClient } from '../../src/temporal/connect-client';
import { ConnectionFleet } from '../stack/connection-fleet';
import { freshNamespace } from '../stack/namespace';
import type { TestStack } from '../stack/stack';
import { serviceEnvironment } from '../stack/worker-process';

const WORKERS = 3;
const CONNECTIONS = 40;
const LOOK_MS = 20;
/** Connections that a worker may have above another and still be even with it. */
const EVEN = 4;

export interface FailoverFigures {
  connections: number;
  workers: number;
  /** From kill -9 of the busiest worker until all streams are open again, elsewhere. */
  killedMs: number;
  /** The same from SIGTERM. */
  stoppedMs: number;
  /** From the start of a worker until no worker has more than a few connections above another. */
  evenMs: number;
}

/** How long connections are away when their worker dies, stops, and when one joins. */
export async function measureFailover(stack: TestStack): Promise<FailoverFigures> {
  const namespace = await freshNamespace(stack.temporalAddress, 'failover');
  const settings = parseEnvironment({ ...serviceEnvironment(stack), TEMPORAL_NAMESPACE: namespace });
  const platform = { clock: systemClock, random: systemRandom, logger: silentLogger, crashPoint: noCrashPoint };
  const [services, temporal] = await Promise.all([openServices(settings, platform), connectClient(settings)]);
  const fleet = new ConnectionFleet(stack, namespace, services, temporal);
  const admin = new SimulatorAdmin(stack.simulator.adminUrl);
  try {
    const { subscriptions: before } = await admin.state();
    for (let worker = 0; worker < WORKERS; worker++) await fleet.addWorker();
    await fleet.openAccounts([stack.simulator], CONNECTIONS);
    const ended = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<number> => {
      const loads = await fleet.untilLive();
      const [busiest] = [...loads].reduce((most, each) => (each[1] > most[1] ? each : most));
      const startedMs = performance.now();
      process.kill(busiest, signal);
      await untilSubscribed(admin, (subscriptions) => subscriptions < before + CONNECTIONS);
      await untilSubscribed(admin, (subscriptions) => subscriptions >= before + CONNECTIONS);
      const tookMs = Math.round(performance.now() - startedMs);
      await fleet.untilLive((now) => !now.has(busiest));
      return tookMs;
    };
    const killedMs = await ended('SIGKILL');
    await fleet.addWorker();
    await fleet.untilLive(isEven(WORKERS));
    const stoppedMs = await ended('SIGTERM');
    const joinedMs = performance.now();
    await fleet.addWorker();
    await fleet.untilLive(isEven(WORKERS));
    const evenMs = Math.round(performance.now() - joinedMs);
    return { connections: CONNECTIONS, workers: WORKERS, killedMs, stoppedMs, evenMs };
  } finally {
    await fleet.stop();
    await temporal.close();
    await services.close();
  }
}

function isEven(workers: number): (loads: ReadonlyMap<number, number>) => boolean {
  return (loads) => loads.size === workers && Math.max(...loads.values()) - Math.min(...loads.values()) <= EVEN;
}

async function untilSubscribed(admin: SimulatorAdmin, isSo: (subscriptions: number) => boolean): Promise<void> {
  while (!isSo((await admin.state()).subscriptions)) await pause(LOOK_MS);
}
