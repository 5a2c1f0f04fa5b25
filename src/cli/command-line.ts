import { type Command, InvalidArgumentError } from 'commander';
import { ServiceError } from '../domain/errors';
import { tenantIdSchema } from '../domain/order-request';
import type { Page } from '../storage/orders';
import type { Surroundings } from './surroundings';

/** What every command takes. */
export interface CommonFlags {
  json?: true;
  tenant?: string;
}

/** A verb of an area with the flags that every command has. */
export function addVerb(area: Command, name: string, description: string): Command {
  return area
    .command(name)
    .description(description)
    .option('--tenant <id>', 'whose data (default: EXCHANGE_INTEGRATION_TENANT)')
    .option('--json', 'JSON on stdout, for programs');
}

/** The tenant of a command. @throws ServiceError INVALID_INPUT */
export function tenantOf({ tenant }: CommonFlags, { environment }: Surroundings): string {
  const given = tenant ?? environment['EXCHANGE_INTEGRATION_TENANT'];
  if (given === undefined || given === '') {
    const message = 'is required: give --tenant, or set EXCHANGE_INTEGRATION_TENANT';
    throw new ServiceError('INVALID_INPUT', `The tenant ${message}.`, [{ field: 'tenant', message }]);
  }
  const { success, error } = tenantIdSchema().safeParse(given);
  if (success) return given;
  const message = `${error.issues[0]?.message ?? 'is not valid'}, got ${JSON.stringify(given.slice(0, 80))}`;
  throw new ServiceError('INVALID_INPUT', `The tenant ${message}.`, [{ field: 'tenant', message }]);
}

/** Prints a result: the value itself for programs, `show`'s text for people. */
export function print<T>({ json }: CommonFlags, { stdout }: Surroundings, value: T, show: (value: T) => string): void {
  stdout(json ? JSON.stringify(value, null, 2) : show(value));
}

/** A page's text, followed by how to get the next one. */
export function pageText<T>({ cursor, items }: Page<T>, show: (items: T[]) => string): string {
  return cursor === undefined ? show(items) : `${show(items)}\nMore: --cursor ${cursor}`;
}

/** For commander: a flag that is a whole number. */
export function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

/** The fields that are there. */
export function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
