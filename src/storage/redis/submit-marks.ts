import type { RedisConnection } from './client';
import type { SubmitMark, SubmitMarks } from '../submit-marks';

/** An order that rests longer is measured without what was known at its submit. */
const KEPT_SECONDS = 30 * 86_400;

/** `submit:{tenantId}:{orderId}` */
export class RedisSubmitMarks implements SubmitMarks {
  constructor(private readonly redis: RedisConnection) {}

  async set(tenantId: string, orderId: string, mark: SubmitMark): Promise<void> {
    await this.redis.set(keyOf(tenantId, orderId), JSON.stringify(mark), 'EX', KEPT_SECONDS);
  }

  async improve(tenantId: string, orderId: string, mark: SubmitMark): Promise<void> {
    await this.redis.set(keyOf(tenantId, orderId), JSON.stringify(mark), 'EX', KEPT_SECONDS, 'XX');
  }

  async take(tenantId: string, orderId: string): Promise<SubmitMark | undefined> {
    const text = await this.redis.getdel(keyOf(tenantId, orderId));
    return text === null ? undefined : (JSON.parse(text) as SubmitMark);
  }
}

function keyOf(tenantId: string, orderId: string): string {
  return `submit:${tenantId}:${orderId}`;
}
