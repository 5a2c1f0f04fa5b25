/** Which call goes first (specification: QueuedRequest). Cancels are CRITICAL. */
export const REQUEST_PRIORITIES = ['CRITICAL', 'HIGH', 'NORMAL', 'LOW'] as const;
export type RequestPriority = (typeof REQUEST_PRIORITIES)[number];

/**
 * How far a call is ahead of one of the lowest priority that came with it, ms. What has waited longer than the
 * difference goes first, so that nobody starves; the steps are small beside the 2 s that a call waits at most. CRITICAL
 * always goes first: there are no more cancels than orders before them.
 */
export const AHEAD_MS: Readonly<Record<RequestPriority, number>> = {
  CRITICAL: 86_400_000,
  HIGH: 1_000,
  NORMAL: 500,
  LOW: 0,
};

/** A call waits this long in the process that makes it; a longer wait is the workflow's (decision 4). */
export const CALL_WAIT_MS_MAX = 2_000;
