import type { ConnectionLike } from '@temporalio/client';
import type { SearchAttributeType } from '@temporalio/common';
import {
  encodeSearchAttributeIndexedValueType,
  type SearchAttributeKey,
} from '@temporalio/common/lib/search-attributes';
import { temporal } from '@temporalio/proto';
import type { Fault } from '../domain/errors';
import { ServiceError } from '../domain/errors';

type Attribute = SearchAttributeKey<SearchAttributeType>;
type Registered = Record<string, temporal.api.enums.v1.IndexedValueType>;

/** As `temporal operator search-attribute create --type` spells them. */
const COMMAND_TYPES: Record<SearchAttributeType, string> = {
  TEXT: 'Text',
  KEYWORD: 'Keyword',
  INT: 'Int',
  DOUBLE: 'Double',
  BOOL: 'Bool',
  DATETIME: 'Datetime',
  KEYWORD_LIST: 'KeywordList',
};

/**
 * Refuses to go on in a namespace whose search attributes are not as the workflows need them: without them every
 * workflow task that sets one fails, again and again.
 * @throws ServiceError CONFIGURATION with the commands that create what is missing
 */
export async function requireSearchAttributes(
  connection: Pick<ConnectionLike, 'operatorService'>,
  namespace: string,
  attributes: readonly Attribute[],
): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const wrong = attributes.filter((attribute) => faultOf(attribute, customAttributes) !== undefined);
  if (wrong.length === 0) return;
  const faults = wrong.map((attribute): Fault => ({
    field: attribute.name,
    message: faultOf(attribute, customAttributes) ?? '',
  }));
  const described = faults.map(({ field, message }) => `${field} ${message}`).join('; ');
  const commands = wrong.map((attribute) => createCommand(attribute, namespace)).join('\n');
  const what = `The search attributes of namespace ${namespace} are not as the workflows need them: ${described}. Create them with\n${commands}\n`;
  throw new ServiceError('CONFIGURATION', what, faults);
}

function faultOf({ name, type }: Attribute, registered: Registered): string | undefined {
  const found = registered[name];
  if (found === undefined) return 'is missing';
  if (found === encodeSearchAttributeIndexedValueType(type)) return undefined;
  return `must be of type ${COMMAND_TYPES[type]}, is ${temporal.api.enums.v1.IndexedValueType[found]}: remove it first`;
}

function createCommand({ name, type }: Attribute, namespace: string): string {
  return `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type ${COMMAND_TYPES[type]}`;
}
