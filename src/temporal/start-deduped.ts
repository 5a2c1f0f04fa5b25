/**
 * Temporal refuses an update-with-start in these words when an earlier attempt of the same request has started the
 * workflow, and that ended before the update reached it. Repeating the request is refused each time (and Temporal calls
 * it UNAVAILABLE, for which clients repeat); a request of its own is answered.
 */
const START_DEDUPED = 'Workflow was not started: StartDeduped';

/** Whether an error's message, or the details of a gRPC status, say so. */
export function isStartDeduped(text: string | Buffer): boolean {
  return text.includes(START_DEDUPED);
}
