import { decimalFault, parseDecimal } from '../domain/decimal';
import type { Fault } from '../domain/errors';
import type { ExecutionUpdate } from '../domain/order';

const EXECUTION_ID = /^[\x21-\x7e]{1,128}$/;

/** What keeps executions from being booked; fields are named by their place in the call: `[3].price`. */
export function executionFaults(executions: readonly ExecutionUpdate[]): Fault[] {
  return executions.flatMap((execution, position) =>
    faultsOf(execution).map(({ field, message }) => ({ field: `[${position}].${field}`, message })),
  );
}

function faultsOf(execution: ExecutionUpdate): Fault[] {
  const { executionId, timestamp, commission, quoteQuantity = '0' } = execution;
  const quoteFault = decimalFault(quoteQuantity) ?? negative(quoteQuantity);
  const positive = (['quantity', 'price'] as const).flatMap((field) => {
    const message = decimalFault(execution[field]) ?? notPositive(execution[field]);
    return message === undefined ? [] : [{ field, message }];
  });
  // A negative commission is a rebate.
  const commissionFault = decimalFault(commission);
  return [
    ...positive,
    ...(quoteFault === undefined ? [] : [{ field: 'quoteQuantity', message: quoteFault }]),
    ...(commissionFault === undefined ? [] : [{ field: 'commission', message: commissionFault }]),
    ...(EXECUTION_ID.test(executionId)
      ? []
      : [
          {
            field: 'executionId',
            message: `must be 1 to 128 printable characters, got ${JSON.stringify(executionId)}`,
          },
        ]),
    ...(Number.isNaN(Date.parse(timestamp))
      ? [{ field: 'timestamp', message: `must be an ISO 8601 instant, got ${JSON.stringify(timestamp)}` }]
      : []),
  ];
}

/** What an exchange cuts may be nothing. */
function negative(value: string): string | undefined {
  return parseDecimal(value).lt(0) ? `must not be negative, got ${value}` : undefined;
}

function notPositive(value: string): string | undefined {
  return parseDecimal(value).gt(0) ? undefined : `must be greater than 0, got ${value}`;
}
