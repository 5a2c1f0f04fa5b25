import { contractSchema } from '../../src/contract/contract-schema';
import { runCli, runHere } from './run-cli';

test('without a tenant a command says where to give one', async () => {
  const { exitCode, stdout, stderr } = await runCli(['orders', 'list']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toMatch(/^INVALID_INPUT: The tenant is required: give --tenant, or set EXCHANGE_INTEGRATION_TENANT/);
  expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
});

test('a command line that makes no sense ends with 2 and a hint', async () => {
  const { exitCode, stderr } = await runCli(['orders', 'lst', '--tenant', 'demo']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('Did you mean list?');
  expect(await runHere(['orders', 'list', '--tenant', 'demo', '--limit', 'many'])).toMatchObject({ exitCode: 2 });
  const noStatus = ['exchanges', 'set-status', '--exchange', 'BINANCE', '--status', 'BROKEN'];
  expect(await runHere(noStatus)).toMatchObject({ exitCode: 2 });
  expect(await runHere(['--help'])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('Exit codes: 0 done'),
  });
});

test('an environment that can not be used is told with all its faults, as JSON for programs', async () => {
  const environment = { REDIS_URL: 'nowhere', DYNAMODB_ENDPOINT: 'nowhere', EXCHANGE_INTEGRATION_TENANT: 'demo' };
  const { exitCode, stderr } = await runHere(['orders', 'list', '--json'], { environment });
  expect(exitCode).toBe(1);
  const { error } = JSON.parse(stderr) as { error: { code: string; faults: { field: string }[] } };
  expect(error.code).toBe('CONFIGURATION');
  expect(error.faults.map(({ field }) => field).sort()).toEqual(['DYNAMODB_ENDPOINT', 'REDIS_URL']);
});

test('DEBUG shows where a command failed', async () => {
  const environment = { REDIS_URL: 'nowhere', EXCHANGE_INTEGRATION_TENANT: 'demo' };
  const plain = await runHere(['orders', 'open'], { environment });
  expect(plain.stderr).not.toContain('    at ');
  const debugged = await runHere(['orders', 'open'], { environment: { ...environment, DEBUG: '1' } });
  expect(debugged.stderr).toContain('    at ');
});

test('a Temporal that is not there is named with its address', async () => {
  const environment = { TEMPORAL_ADDRESS: '127.0.0.1:1', EXCHANGE_INTEGRATION_TENANT: 'demo' };
  const { exitCode, stderr } = await runHere(['orders', 'open'], { environment });
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^DEPENDENCY_UNAVAILABLE: Temporal at 127\.0\.0\.1:1 can't be reached/);
});

test('the JSON Schema of the contract is printed without any part of the stack', async () => {
  const result = await runCli(['contract', 'schema']);
  expect(result.exitCode).toBe(0);
  expect(result.json()).toEqual(JSON.parse(JSON.stringify(contractSchema())));
});
