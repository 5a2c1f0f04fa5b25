import type { ExecutionUpdate } from '../../src/domain/order';
import type { BookedFill } from '../../src/storage/orders';
import { noCrashPoint, plannedCrashPoint } from '../../src/platform/crash-points';
import { openStores } from '../storage/stores';

/** What a process is to book, and where it is to be killed. */
export interface BookingTask {
  stack: { dynamodbEndpoint: string; redisUrl: string };
  fills: ExecutionUpdate[];
  /** A plan of src/platform/crash-points.ts; absent: it lives on. */
  crashAt?: string;
}

const FILLS_PER_CALL = 5;
const CALLERS = 4;
/** Calls that met too many other writers come again, as a connection's do. */
const TRIES_MAX = 10;

// The way TypeScript is run here lets a forked process end by itself: this one waits for its task.
process.channel?.ref();
process.once('message', (task) => void work(task as BookingTask));

/** Books everything, several calls at once, each again until it succeeds; ends when all are answered. */
async function work({ stack, fills, crashAt }: BookingTask): Promise<void> {
  const stores = await openStores(stack);
  const kill = (): void => void process.kill(process.pid, 'SIGKILL');
  const ledger = stores.anotherLedger(crashAt === undefined ? noCrashPoint : plannedCrashPoint(crashAt, kill));
  const calls: ExecutionUpdate[][] = [];
  while (fills.length > 0) calls.push(fills.splice(0, FILLS_PER_CALL));
  const callers = Array.from({ length: CALLERS }, async () => {
    for (let call = calls.pop(); call !== undefined; call = calls.pop()) await booked(ledger, call);
  });
  await Promise.all(callers);
  await stores.close();
  process.disconnect();
}

async function booked(
  ledger: { bookFills(fills: ExecutionUpdate[], source: 'STREAM'): Promise<BookedFill[]> },
  fills: ExecutionUpdate[],
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return void (await ledger.bookFills(fills, 'STREAM'));
    } catch (error) {
      if (tries === TRIES_MAX) throw error;
    }
  }
}
