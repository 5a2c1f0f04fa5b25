import { ApplicationFailure } from '@temporalio/workflow';
import { haltSchemas } from '../../src/domain/halt';
import type { KillInput } from './contract';
import { killWorkflowId } from './contract';

/** @throws ApplicationFailure INVALID_INPUT with all that is wrong: a kill that means nothing must not look like one */
export function readKillInput(input: unknown, workflowId: string): KillInput {
  const parsed = haltSchemas().killSchema.safeParse(input);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the input'} ${message}`);
    throw refused(`Nothing is halted: ${faults.join('; ')}.`);
  }
  const expected = killWorkflowId(parsed.data.tenantId, parsed.data.haltId);
  if (workflowId === expected) return parsed.data;
  throw refused(`Nothing is halted: this workflow was started as ${workflowId}, but its input is for ${expected}.`);
}

function refused(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'INVALID_INPUT');
}
