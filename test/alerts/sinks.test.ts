import { createHmac } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Alert, AlertSink } from '../../src/alerts/alerts';
import { createLogSink } from '../../src/alerts/log-sink';
import { createSnsSink } from '../../src/alerts/sns-sink';
import { createWebhookSink } from '../../src/alerts/webhook-sink';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';

interface Received {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

const SECRET = 'shared with the receiver';
const ALERT: Alert = {
  schemaVersion: 1,
  alertId: '6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b',
  code: 'LATE_FILL',
  severity: 'CRITICAL',
  tenantId: 'acme',
  orderId: 'o-1',
  groupKey: 'LATE_FILL/acme/o-1',
  meaning: 'Filled late: 0.1 ₿.',
  runbook: 'Look.',
  details: { quantity: '0.1' },
  raisedAt: '2026-01-31T12:00:00.000Z',
  suppressed: 3,
};

let server: Server;
let address: string;
let received: Received[];
let answer: (response: ServerResponse) => void;
let sinks: AlertSink[];

beforeAll(async () => {
  server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
      const { method, url, headers } = request;
      received.push({ method, url, headers, body });
      answer(response);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  received = [];
  sinks = [];
  answer = (response) => response.end('thanks');
});
afterEach(async () => {
  server.closeAllConnections();
  await Promise.all(sinks.map((sink) => sink.close()));
});

function opened(sink: AlertSink): AlertSink {
  sinks.push(sink);
  return sink;
}

describe('the webhook', () => {
  const webhook = (path = '/hook?team=desk'): AlertSink =>
    opened(createWebhookSink({ url: `${address}${path}`, secret: SECRET }, systemClock));

  it('posts the alert as JSON, signed so that the receiver can tell who sent it and when', async () => {
    await webhook().deliver(ALERT);
    const [{ method, url, headers, body } = {} as Received] = received;
    expect({ method, url, type: headers['content-type'] }).toEqual({
      method: 'POST',
      url: '/hook?team=desk',
      type: 'application/json',
    });
    expect(JSON.parse(body)).toEqual(ALERT);
    const { t = '', v1 } = Object.fromEntries(
      String(headers['x-alert-signature'])
        .split(',')
        .map((part) => part.split('=')),
    ) as { t?: string; v1?: string };
    expect(Math.abs(Date.now() - Number(t))).toBeLessThan(60_000);
    expect(v1).toBe(createHmac('sha256', SECRET).update(`${t}.${body}`).digest('hex'));
  });

  it.each([200, 202, 204])('takes %i as a receipt', async (status) => {
    answer = (response) => response.writeHead(status).end();
    await webhook().deliver(ALERT);
  });

  it.each([302, 400, 401, 500, 503])('is not satisfied with %i', async (status) => {
    answer = (response) => response.writeHead(status, { location: address }).end('sorry');
    await expect(webhook().deliver(ALERT)).rejects.toThrow(String(status));
    expect(received).toHaveLength(1);
  });

  it('fails when its receiver is not there', async () => {
    const sink = opened(createWebhookSink({ url: 'http://127.0.0.1:9/', secret: SECRET }, systemClock));
    await expect(sink.deliver(ALERT)).rejects.toThrow('was not sent');
  });

  it('says nothing in clear to another machine, whatever it is configured with', async () => {
    const sink = opened(createWebhookSink({ url: 'http://alerts.example/hook', secret: SECRET }, systemClock));
    await expect(sink.deliver(ALERT)).rejects.toThrow('not encrypted');
  });
});

describe('SNS', () => {
  const topicArn = 'arn:aws:sns:eu-central-1:123456789012:alerts';
  const sns = (): AlertSink => opened(createSnsSink({ topicArn, region: 'eu-central-1', endpoint: address }));

  beforeEach(() => {
    process.env['AWS_ACCESS_KEY_ID'] = 'test';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  });
  afterEach(() => {
    delete process.env['AWS_ACCESS_KEY_ID'];
    delete process.env['AWS_SECRET_ACCESS_KEY'];
  });

  it('publishes the alert to the topic, with attributes to filter by', async () => {
    answer = (response) =>
      response
        .writeHead(200, { 'content-type': 'text/xml' })
        .end(
          '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>',
        );
    await sns().deliver(ALERT);
    const [{ headers, body } = {} as Received] = received;
    const fields = Object.fromEntries(new URLSearchParams(body));
    expect(headers.authorization).toContain('eu-central-1/sns/aws4_request');
    expect(fields).toMatchObject({ Action: 'Publish', TopicArn: topicArn, Subject: 'CRITICAL LATE_FILL (acme)' });
    expect(JSON.parse(fields['Message'] ?? '')).toEqual(ALERT);
    const attributes = Object.entries(fields).filter(([name]) => /MessageAttributes.*(Name|StringValue)$/.test(name));
    expect(attributes.map(([, value]) => value)).toEqual([
      'code',
      'LATE_FILL',
      'severity',
      'CRITICAL',
      'tenantId',
      'acme',
    ]);
  });

  it('fails, after one try, when SNS does', async () => {
    answer = (response) => response.writeHead(503).end();
    await expect(sns().deliver(ALERT)).rejects.toThrow();
    expect(received).toHaveLength(1);
  });
});

test('the log has critical alerts as errors and the others as warnings', async () => {
  const lines: unknown[] = [];
  const write =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push([level, fields, message]);
  const sink = createLogSink({ ...silentLogger, error: write('error'), warn: write('warn') });
  await sink.deliver(ALERT);
  await sink.deliver({ ...ALERT, severity: 'WARNING' });
  expect(lines).toMatchObject([
    ['error', { alert: ALERT }, 'ALERT LATE_FILL: Filled late: 0.1 ₿.'],
    ['warn', {}, expect.stringContaining('ALERT')],
  ]);
});
