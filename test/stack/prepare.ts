import type { StackAddresses } from '../../src/local/stack';

/** What every test may count on besides the running parts. Called once a run, before the first test. */
export async function prepareStack(_stack: StackAddresses): Promise<void> {}
