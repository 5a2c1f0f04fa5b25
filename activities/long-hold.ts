import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory, type Duration } from '@temporalio/common';
import type { Clock } from '../src/platform/clock';
import type { Random } from '../src/platform/random';

/** Of its start-to-close timeout a holder uses this share, drawn anew each time so that not all move at once. */
const HOLD_SHARE_MIN = 0.8;
const HOLD_SHARE_MAX = 0.95;

/** Nothing is wrong, so that whoever is next need not wait as after a failure. */
const HAND_OVER_PAUSE = '1ms';
/** Before a worker that passes on what it has just handed over may be asked for it again. */
const PASS_ON_PAUSE = '100ms';

/** A holder's end that is no failure: its time was up, or it was asked to stop. */
export interface HoldResult<Report> {
  ended: 'ROTATION' | 'CANCELLED';
  report: Report;
}

/**
 * Runs what one worker does for a long time in the place of all others, until shortly before the activity's time is up
 * or until the workflow asks for the end. When its worker shuts down, or `handOver` aborts, it fails, and retryably, so
 * that another takes over at once.
 */
export async function holdForLong<Report>(
  { clock, random }: { clock: Clock; random: Random },
  hold: (stop: AbortSignal) => Promise<Report>,
  handOver?: AbortSignal,
): Promise<HoldResult<Report>> {
  const { info, cancellationSignal } = Context.current();
  const ended = new AbortController();
  const stop = AbortSignal.any([cancellationSignal, ended.signal, ...(handOver ? [handOver] : [])]);
  clock.sleep(holdMs(info.startToCloseTimeoutMs, random), stop).then(
    () => ended.abort(new Error('It is time for another worker to hold it.')),
    () => {},
  );
  try {
    const report = await hold(stop);
    if (handOver?.aborted && !cancellationSignal.aborted) throw handedOver(handOver.reason);
    return resultOf({ ended: cancellationSignal.aborted ? 'CANCELLED' : 'ROTATION', report }, cancellationSignal);
  } finally {
    ended.abort(new Error('The holder has ended.'));
  }
}

function holdMs(startToCloseMs: number, random: Random): number {
  return startToCloseMs * (HOLD_SHARE_MIN + (HOLD_SHARE_MAX - HOLD_SHARE_MIN) * random.fraction());
}

/** Only when the workflow asked for the end is it a result; not when the worker shuts down or the attempt is reset. */
function resultOf<Report>(result: HoldResult<Report>, { aborted, reason }: AbortSignal): HoldResult<Report> {
  if (!aborted || textOf(reason) === 'CANCELLED') return result;
  throw handedOver(reason);
}

/** What was given to this worker and belongs to another. */
export function passedOn(reason: string): ApplicationFailure {
  return handedOver(new Error(reason), PASS_ON_PAUSE);
}

function handedOver(reason: unknown, nextRetryDelay: Duration = HAND_OVER_PAUSE): ApplicationFailure {
  return ApplicationFailure.create({
    message: `The holder let go: ${textOf(reason)}`,
    type: 'HANDED_OVER',
    category: ApplicationFailureCategory.BENIGN,
    nextRetryDelay,
  });
}

function textOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
