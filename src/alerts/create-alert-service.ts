import type { Clock } from '../platform/clock';
import type { AlertSettings } from '../platform/environment';
import type { Logger } from '../platform/logger';
import type { Random } from '../platform/random';
import { AlertService } from './alert-service';
import { createLogSink } from './log-sink';
import { createSnsSink } from './sns-sink';
import { createWebhookSink } from './webhook-sink';

/** The alert service with the sinks that the environment names; the log is always one. */
export function createAlertService(
  { webhook, sns }: AlertSettings,
  parts: { clock: Clock; random: Random; logger: Logger },
): AlertService {
  const sinks = [
    createLogSink(parts.logger),
    ...(webhook === undefined ? [] : [createWebhookSink(webhook, parts.clock)]),
    ...(sns === undefined ? [] : [createSnsSink(sns)]),
  ];
  return new AlertService({ ...parts, sinks });
}
