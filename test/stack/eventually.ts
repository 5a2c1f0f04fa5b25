import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 50;

/**
 * For what announces itself by no event: asks again until it works.
 * @throws the last attempt's error after `limitMs`
 */
export async function eventually<T>(attempt: () => T | Promise<T>, limitMs = 30_000): Promise<T> {
  for (const giveUpAtMs = Date.now() + limitMs; ;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > giveUpAtMs) throw error;
      await pause(POLL_MS);
    }
  }
}
