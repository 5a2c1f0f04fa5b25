import { resolve } from 'node:path';
import type { Command } from 'commander';
import { archiveDay, verifyArchive, verifyDay } from '../../audit/archive';
import type { Verification } from '../../audit/verification';
import { auditFiltersSchema, checkInput, daySchema, exchangeSchema } from '../../client/input';
import type { ExchangeAuditLog, OperationStats } from '../../domain/audit';
import { ServiceError } from '../../domain/errors';
import { addVerb, type CommonFlags, pageText, present, print, tenantOf, wholeNumber } from '../command-line';
import { withServices } from '../connect';
import { EXIT_CODES, type Surroundings } from '../surroundings';
import { fieldsOf, tableOf } from '../tables';

interface ListFlags extends CommonFlags {
  exchange?: string;
  operation?: string;
  order?: string;
  failed?: true;
  from?: string;
  to?: string;
  limit?: number;
  cursor?: string;
}

interface StatsFlags extends CommonFlags {
  exchange: string;
  period: string;
}

interface VerifyFlags extends CommonFlags {
  day?: string;
  file?: string;
}

interface ArchiveFlags extends CommonFlags {
  day: string;
  to: string;
}

export function auditCommands(program: Command, surroundings: Surroundings): void {
  const area = program.command('audit').description('The trail of private calls, interventions and configuration');
  addVerb(area, 'list', 'Entries, newest first; --json shows their payloads')
    .option('--exchange <id>')
    .option('--operation <type>', 'ORDER_SUBMIT, INTERVENTION …')
    .option('--order <orderId>', 'those about one order')
    .option('--failed', 'those that failed')
    .option('--from <instant>', 'at or after, ISO 8601')
    .option('--to <instant>', 'at or before, ISO 8601')
    .option('--limit <n>', 'at most, up to 100', wholeNumber)
    .option('--cursor <text>', 'the page after an earlier one')
    .action((flags: ListFlags) => list(flags, surroundings));
  addVerb(area, 'stats', 'How the private calls of an exchange went')
    .requiredOption('--exchange <id>')
    .option('--period <text>', 'the last 15m, 24h or 7d, or <instant>/<instant>', '24h')
    .action((flags: StatsFlags) => stats(flags, surroundings));
  addVerb(area, 'verify', 'Whether the records of a day are those that were made, all of them and no others')
    .option('--day <yyyy-mm-dd>', 'UTC, in the table')
    .option('--file <path>', 'an archive, without any part of the stack')
    .action((flags: VerifyFlags) => verify(flags, surroundings));
  addVerb(area, 'archive', 'Write the records of a day to <directory>/<tenant>/<day>.jsonl.gz')
    .requiredOption('--day <yyyy-mm-dd>', 'UTC; it must have ended')
    .requiredOption('--to <directory>')
    .action((flags: ArchiveFlags) => archive(flags, surroundings));
}

async function list(flags: ListFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const given = present({
    exchangeId: flags.exchange,
    operationType: flags.operation,
    orderId: flags.order,
    success: flags.failed === true ? false : undefined,
    startTime: flags.from,
    endTime: flags.to,
    limit: flags.limit,
  });
  const filters = checkInput(auditFiltersSchema, given, 'The list of audit entries');
  const page = await withServices(surroundings, ({ audit }) => audit.listAuditLogs(tenantId, filters, flags.cursor));
  print(flags, surroundings, page, () => pageText(page, entryTable));
}

async function stats(flags: StatsFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const { exchangeId } = checkInput(exchangeSchema, { exchangeId: flags.exchange }, 'The exchange');
  const result = await withServices(surroundings, ({ audit }) =>
    audit.getOperationStats(tenantId, exchangeId, flags.period),
  );
  print(flags, surroundings, result, statsText);
}

async function verify(flags: VerifyFlags, surroundings: Surroundings): Promise<void> {
  if ((flags.day === undefined) === (flags.file === undefined)) {
    const message = 'give either --day or --file';
    throw new ServiceError('INVALID_INPUT', `What is to be verified? ${message}.`, [{ field: 'day', message }]);
  }
  const verification =
    flags.file === undefined ? await verifyTable(flags, surroundings) : await verifyArchive(resolve(flags.file));
  report(flags, surroundings, verification);
}

async function verifyTable(flags: VerifyFlags, surroundings: Surroundings): Promise<Verification> {
  const tenantId = tenantOf(flags, surroundings);
  const { day } = checkInput(daySchema, { day: flags.day }, 'The day');
  return await withServices(surroundings, ({ auditLogs }) => verifyDay(auditLogs, tenantId, day));
}

async function archive(flags: ArchiveFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const { day } = checkInput(daySchema, { day: flags.day }, 'The day');
  const { clock } = surroundings;
  const archived = await withServices(surroundings, ({ auditLogs: store }) =>
    archiveDay({ store, clock }, tenantId, day, resolve(flags.to)),
  );
  report(flags, surroundings, archived);
}

function report<V extends Verification & { file?: string }>(
  flags: CommonFlags,
  surroundings: Surroundings,
  verification: V,
): void {
  print(flags, surroundings, verification, verificationText);
  if (verification.faults.length > 0) surroundings.exitWith(EXIT_CODES.refused);
}

function entryTable(entries: ExchangeAuditLog[]): string {
  return tableOf(
    ['time', 'exchange', 'operation', 'order', 'ms', 'result'],
    entries.map(({ timestamp, exchangeId, operationType, orderId, latencyMs, success, errorDetails }) => [
      timestamp,
      exchangeId,
      operationType,
      orderId,
      latencyMs,
      success ? 'ok' : (errorDetails ?? 'failed'),
    ]),
  );
}

function statsText(stats: OperationStats): string {
  const { totalOperations, successRate, averageLatencyMs, p95LatencyMs, errorsByCategory } = stats;
  return fieldsOf({
    calls: totalOperations,
    successful: `${(successRate * 100).toFixed(2)} %`,
    'average latency': `${averageLatencyMs.toFixed(1)} ms`,
    'p95 latency': `${p95LatencyMs} ms`,
    ...errorsByCategory,
  });
}

function verificationText({ file, faults, ...verified }: Verification & { file?: string }): string {
  const fields = fieldsOf({
    tenant: verified.tenantId,
    day: verified.day,
    records: verified.records,
    chains: verified.chains,
    'beyond heads': verified.beyondHeads,
    lost: verified.lost,
    digest: verified.digest,
    file,
    result: faults.length === 0 ? 'complete and unchanged' : `${faults.length} faults`,
  });
  if (faults.length === 0) return fields;
  const rows = faults.map(({ kind, chainId, sequence, logId, message }) => [kind, chainId, sequence, logId, message]);
  return `${fields}\n\n${tableOf(['fault', 'chain', 'number', 'record', 'what'], rows)}`;
}
