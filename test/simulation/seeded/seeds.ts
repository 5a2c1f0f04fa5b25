import type { TestStack } from '../../stack/stack';
import { Lane, type Report } from './lane';
import type { Plant } from './planted-bugs';

export interface SeedsPlan {
  seeds: readonly number[];
  orders: number;
  /** Seeds that are run side by side. */
  lanes: number;
  plant?: Plant;
  /** Ends early: what is looked for was found. */
  isEnough?: (report: Report) => boolean;
  onReport?: (report: Report) => void;
}

/** Runs the seeds in as many lanes; each lane takes the next seed when it is done with one. */
export async function runSeeds(stack: TestStack, plan: SeedsPlan): Promise<Report[]> {
  const waiting = [...plan.seeds];
  const reports: Report[] = [];
  const lanes = Math.min(plan.lanes, waiting.length);
  const ends = await Promise.allSettled(
    Array.from({ length: lanes }, async (_, number) => {
      const lane = await Lane.open(stack, { number, ...(plan.plant !== undefined && { plant: plan.plant }) });
      try {
        for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
          const report = await lane.run(seed, plan.orders);
          reports.push(report);
          plan.onReport?.(report);
          if (plan.isEnough?.(report) === true) waiting.length = 0;
        }
      } finally {
        await lane.close();
      }
    }),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return reports.sort((a, b) => a.seed - b.seed);
}
