import type { Dimension, MeasureValue, _Record as TimestreamRecord } from '@aws-sdk/client-timestream-write';
import {
  RejectedRecordsException,
  TimestreamWriteClient,
  ValidationException,
  WriteRecordsCommand,
} from '@aws-sdk/client-timestream-write';
import { type AwsPlace, awsClientSettings } from '../platform/aws-client';
import type { Clock } from '../platform/clock';
import type { Logger } from '../platform/logger';
import type { ConnectionMetrics, ExecutionMetrics, MetricsSink } from './metrics';

/** WriteRecords takes no more (Timestream quotas). */
const RECORDS_A_CALL_MAX = 100;
/** Waiting for one table; over it the oldest go. */
const WAITING_MAX = 10_000;
const FLUSH_INTERVAL_MS = 5_000;
const ATTEMPTS_MAX = 3;
const CLOSE_LIMIT_MS = 5_000;

export const TIMESTREAM_TABLES = ['ExecutionMetrics', 'ConnectionMetrics'] as const;
type TableName = (typeof TIMESTREAM_TABLES)[number];

/** An endpoint is one of a VPC, or a test's; without, the service says by DescribeEndpoints where to write. */
export interface TimestreamOptions extends AwsPlace {
  database: string;
  clock: Clock;
  logger: Logger;
}

/** The measures in Timestream for LiveAnalytics: a multi-measure record each, written in batches. */
export class TimestreamSink implements MetricsSink {
  private readonly client: TimestreamWriteClient;
  private readonly waiting: Record<TableName, TimestreamRecord[]> = { ExecutionMetrics: [], ConnectionMetrics: [] };
  private readonly life = new AbortController();
  private readonly running: Promise<void>;
  private dropped = 0;
  private sequence = 0;

  constructor(private readonly options: TimestreamOptions) {
    this.client = new TimestreamWriteClient(awsClientSettings(options, ATTEMPTS_MAX));
    this.running = this.flushAgainAndAgain();
  }

  execution({ latencyMs, slippage, commission, fillRate, timestamp, ...dimensions }: ExecutionMetrics): void {
    const measures = { latencyMs, slippage, commission, fillRate };
    this.add('ExecutionMetrics', 'execution', dimensions, measures, timestamp);
  }

  connections(interval: readonly ConnectionMetrics[]): void {
    for (const { latencyMs, errorRate, messagesPerSecond, timestamp, ...dimensions } of interval) {
      const measures = { latencyMs, errorRate, messagesPerSecond };
      this.add('ConnectionMetrics', 'connection', dimensions, measures, timestamp);
    }
  }

  async close(): Promise<void> {
    this.life.abort(new Error('closed'));
    const ended = new AbortController();
    const limit = this.options.clock.sleep(CLOSE_LIMIT_MS, ended.signal).catch(() => undefined);
    await Promise.race([this.running, limit]);
    ended.abort(new Error('closed'));
    this.client.destroy();
  }

  private add(
    table: TableName,
    MeasureName: string,
    dimensions: Record<string, string>,
    measures: Record<string, number | string | undefined>,
    timestamp: string,
  ): void {
    this.waiting[table].push({
      Dimensions: Object.entries(dimensions).map(([Name, Value]): Dimension => ({ Name, Value })),
      MeasureName,
      MeasureValueType: 'MULTI',
      MeasureValues: Object.entries(measures).flatMap(([Name, value]): MeasureValue[] =>
        value === undefined ? [] : [{ Name, Value: String(value), Type: 'DOUBLE' }],
      ),
      Time: this.timeOf(timestamp),
      TimeUnit: 'NANOSECONDS',
    });
    this.dropBeyondMax(table);
  }

  private dropBeyondMax(table: TableName): void {
    const tooMany = this.waiting[table].length - WAITING_MAX;
    if (tooMany > 0) this.dropped += this.waiting[table].splice(0, tooMany).length;
  }

  /** Two records of one series and time are one to Timestream: within a millisecond each gets a time of its own. */
  private timeOf(timestamp: string): string {
    this.sequence = (this.sequence + 1) % 1_000_000;
    return `${Date.parse(timestamp)}${String(this.sequence).padStart(6, '0')}`;
  }

  private async flushAgainAndAgain(): Promise<void> {
    for (let isLast = false; !isLast;) {
      isLast = await this.options.clock.sleep(FLUSH_INTERVAL_MS, this.life.signal).then(
        () => false,
        () => true,
      );
      for (const table of TIMESTREAM_TABLES) await this.flush(table);
    }
  }

  private async flush(table: TableName): Promise<void> {
    const { logger, database } = this.options;
    if (this.dropped > 0) logger.warn({ dropped: this.dropped }, 'Timestream can not follow: measures were dropped.');
    this.dropped = 0;
    for (let batch = this.next(table); batch.length > 0; batch = this.next(table)) {
      try {
        await this.client.send(new WriteRecordsCommand({ DatabaseName: database, TableName: table, Records: batch }));
      } catch (error) {
        const rejected = error instanceof RejectedRecordsException ? error.RejectedRecords : undefined;
        const reason = (error as Error).message;
        logger.warn({ table, records: batch.length, rejected, reason }, 'Measures could not be written to Timestream.');
        const isSettled = error instanceof RejectedRecordsException || error instanceof ValidationException;
        if (isSettled) continue; // all others are written, or none ever will be
        this.waiting[table].unshift(...batch); // written or not: the same record twice is one
        this.dropBeyondMax(table);
        return;
      }
    }
  }

  private next(table: TableName): TimestreamRecord[] {
    return this.waiting[table].splice(0, RECORDS_A_CALL_MAX);
  }
}
