import { dirname, join } from 'node:path';

/**
 * ccxt as one file, its own build for browsers: the build for Node depends on packages that are ES modules only, which
 * Node 20 can require and Jest's loader can't. Import this in a test that creates adapters; where there is no Jest it does nothing.
 */
if (typeof jest !== 'undefined') jest.mock('ccxt', builtForBrowsers);

function builtForBrowsers(): object {
  const browser = globalThis as unknown as { self?: unknown; ccxt?: object };
  browser.self = globalThis;
  jest.requireActual(join(dirname(require.resolve('ccxt')), 'ccxt.browser.min.js'));
  if (browser.ccxt === undefined) throw new Error("ccxt's build for browsers no longer names itself ccxt.");
  return browser.ccxt;
}
