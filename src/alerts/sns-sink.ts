import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { awsClientSettings } from '../platform/aws-client';
import type { SnsSettings } from '../platform/environment';
import type { AlertSink } from './alerts';

/** The delivery queue repeats. */
const ATTEMPTS_MAX = 1;

/** Publishes each alert as JSON to a standard topic; its code, severity and tenant are attributes to filter by. */
export function createSnsSink({ topicArn, ...place }: SnsSettings): AlertSink {
  const client = new SNSClient(awsClientSettings(place, ATTEMPTS_MAX));
  return {
    name: 'sns',
    deliver: async (alert) => {
      const { code, severity, tenantId } = alert;
      const attributes = Object.entries({ code, severity, ...(tenantId !== undefined && { tenantId }) });
      await client.send(
        new PublishCommand({
          TopicArn: topicArn,
          Subject: `${severity} ${code}${tenantId === undefined ? '' : ` (${tenantId})`}`,
          Message: JSON.stringify(alert),
          MessageAttributes: Object.fromEntries(
            attributes.map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
          ),
        }),
      );
    },
    close: () => {
      client.destroy();
      return Promise.resolve();
    },
  };
}
