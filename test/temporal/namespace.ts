import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes';
import { systemClock } from '../../src/platform/clock';
import { SEARCH_ATTRIBUTES } from '../../workflows/order/contract';
import type { TestStack } from '../stack/stack';

export interface TestNamespace {
  name: string;
  connection: Connection;
}

const DAY_SECONDS = 86_400;

/** A namespace of its own on the stack's Temporal, as a fresh cluster has them: without search attributes. */
export async function freshNamespace({ temporalAddress }: TestStack): Promise<TestNamespace> {
  const connection = await Connection.connect({ address: temporalAddress });
  const name = `test-${randomUUID().slice(0, 8)}`;
  await connection.workflowService.registerNamespace({
    namespace: name,
    workflowExecutionRetentionPeriod: { seconds: DAY_SECONDS as never },
  });
  await untilAnswered(() => connection.operatorService.listSearchAttributes({ namespace: name }));
  return { name, connection };
}

export async function addSearchAttributes({ name, connection }: TestNamespace): Promise<void> {
  const wanted = Object.values(SEARCH_ATTRIBUTES).map(({ name: attribute, type }) => [
    attribute,
    encodeSearchAttributeIndexedValueType(type),
  ]);
  const searchAttributes = Object.fromEntries(wanted) as Record<string, number>;
  await connection.operatorService.addSearchAttributes({ namespace: name, searchAttributes });
}

/** A new namespace is known to all parts of the server after a moment. */
async function untilAnswered(call: () => Promise<unknown>): Promise<void> {
  while (
    await call().then(
      () => false,
      () => true,
    )
  )
    await systemClock.sleep(50);
}
