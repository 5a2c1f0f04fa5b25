import type { PatchActivationCallback } from '@temporalio/worker';

/**
 * Which patches a worker takes workflows through. One that has gone through an inactive patch before goes on with it; no
 * other does, so nothing is recorded that a version without the patch could not go on with (README.md).
 */
export function activatePatches(inactive: readonly string[]): PatchActivationCallback {
  return ({ patchId }) => !inactive.includes(patchId);
}
