import { defineSearchAttributeKey } from '@temporalio/common';
import type { ServiceError } from '../../src/domain/errors';
import { requireSearchAttributes } from '../../src/temporal/search-attributes';
import { SEARCH_ATTRIBUTES } from '../../workflows/order/contract';
import { testStack } from '../stack/stack';
import { startWorkerProcess } from '../stack/worker-process';
import { addSearchAttributes, freshNamespace, type TestNamespace } from './namespace';

const WANTED = Object.values(SEARCH_ATTRIBUTES);

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await freshNamespace(testStack());
});
afterAll(async () => {
  await namespace?.connection.close();
});

const checked = (attributes: Parameters<typeof requireSearchAttributes>[2]): Promise<ServiceError | undefined> =>
  requireSearchAttributes(namespace.connection, namespace.name, attributes).then(
    () => undefined,
    (error: unknown) => error as ServiceError,
  );

test('a worker ends when search attributes are missing', async () => {
  const starting = startWorkerProcess(testStack(), 'order-worker', { namespace: namespace.name });
  await expect(starting).rejects.toThrow('order-worker ended before it polled: {"code":1');
});

test('search attributes that are missing are named with the commands that create them, then accepted once there', async () => {
  const error = await checked(WANTED);
  expect(error).toMatchObject({ code: 'CONFIGURATION' });
  expect(error?.faults.map(({ field }) => field)).toEqual(Object.keys(SEARCH_ATTRIBUTES));
  const command = `temporal operator search-attribute create --namespace ${namespace.name} --name StuckSince --type Datetime`;
  expect(error?.message).toContain(command);

  await addSearchAttributes(namespace);
  expect(await checked(WANTED)).toBeUndefined();

  const mistyped = await checked([...WANTED, defineSearchAttributeKey('TenantId', 'INT')]);
  expect(mistyped?.message).toMatch(/TenantId must be of type Int, is .*KEYWORD/);
});
