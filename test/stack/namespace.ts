import { Connection } from '@temporalio/client';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes';
import { msToTs } from '@temporalio/common/lib/time';
import { systemRandom } from '../../src/platform/random';
import { SEARCH_ATTRIBUTES } from '../../workflows/order/contract';
import { eventually } from './eventually';

/**
 * Makes a Temporal namespace for one test file: task queues have fixed names, so only there the file's own workers get
 * all its work, and no other's.
 * @returns its name
 */
export async function freshNamespace(temporalAddress: string, topic: string): Promise<string> {
  const namespace = `${topic}-${systemRandom.uuid()}`;
  const { workflowService, operatorService, close } = await opened(temporalAddress);
  try {
    await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
    const searchAttributes = Object.fromEntries(
      Object.values(SEARCH_ATTRIBUTES).map(({ name, type }) => [name, encodeSearchAttributeIndexedValueType(type)!]),
    );
    await eventually(() => operatorService.addSearchAttributes({ namespace, searchAttributes }));
  } finally {
    await close();
  }
  return namespace;
}

async function opened(
  address: string,
): Promise<Pick<Connection, 'workflowService' | 'operatorService'> & { close(): Promise<void> }> {
  const connection = await Connection.connect({ address });
  const { workflowService, operatorService } = connection;
  return { workflowService, operatorService, close: () => connection.close() };
}
