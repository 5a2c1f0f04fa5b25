import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { ExchangeConfig, ExchangeId } from '../../domain/exchange';
import type { ExchangeConfigStore } from '../exchange-configs';
import { answered } from './answered';
import { OTHER_CONFIGS_FROM } from './keys';
import { type Attributes, ItemForm } from './item-form';
import type { TableNames } from './tables';

export const CONFIG_FORM = new ItemForm();

/** The ExchangeConfigs table. */
export class DynamoExchangeConfigStore implements ExchangeConfigStore {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tables: TableNames,
  ) {}

  async get(tenantId: string, exchangeId: ExchangeId): Promise<ExchangeConfig | undefined> {
    const command = new GetCommand({
      TableName: this.tables.exchangeConfigs,
      Key: { tenantId, exchangeId },
      ConsistentRead: true,
    });
    const { Item } = await answered(`reading ${tenantId}'s registration of ${exchangeId}`, this.client.send(command));
    return Item && configOf(Item);
  }

  /** One page is enough: a tenant has one registration an exchange. */
  async list(tenantId: string): Promise<ExchangeConfig[]> {
    const command = new QueryCommand({
      TableName: this.tables.exchangeConfigs,
      KeyConditionExpression: 'tenantId = :tenantId AND exchangeId < :others',
      ExpressionAttributeValues: { ':tenantId': tenantId, ':others': OTHER_CONFIGS_FROM },
      ConsistentRead: true,
    });
    const { Items = [] } = await answered(`reading ${tenantId}'s registrations`, this.client.send(command));
    return Items.map(configOf);
  }

  async put(config: ExchangeConfig, replacing: string | undefined): Promise<boolean> {
    const command = new PutCommand({
      TableName: this.tables.exchangeConfigs,
      Item: { itemVersion: CONFIG_FORM.version, ...config },
      ConditionExpression: replacing === undefined ? 'attribute_not_exists(exchangeId)' : 'updatedAt = :replacing',
      ...(replacing !== undefined && { ExpressionAttributeValues: { ':replacing': replacing } }),
    });
    try {
      await answered(`writing ${config.tenantId}'s registration of ${config.exchangeId}`, this.client.send(command));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

function configOf(item: Attributes): ExchangeConfig {
  const { itemVersion: _, ...config } = CONFIG_FORM.upgraded(item);
  return config as unknown as ExchangeConfig;
}
