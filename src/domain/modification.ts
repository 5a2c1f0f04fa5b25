import { Decimal, formatDecimal, parseDecimal } from './decimal';
import type { Fault } from './errors';
import type { OrderModification, OrderState, OrderTerms } from './order';
import { isEnded, termsOf } from './order-state';

const TERM_OF_FIELD = { newQuantity: 'quantity', newPrice: 'price', newStopPrice: 'stopPrice' } as const;
type ModificationField = keyof typeof TERM_OF_FIELD;

/** The order's terms with the changes made; newQuantity is the new total, what is filled included. */
export function modifiedTerms(state: OrderState, modification: OrderModification): OrderTerms {
  const changes = Object.entries(TERM_OF_FIELD).flatMap(([field, term]) => {
    const value = modification[field as ModificationField];
    return value === undefined ? [] : [[term, formatDecimal(parseDecimal(value))]];
  });
  return { ...termsOf(state), ...Object.fromEntries(changes) } as OrderTerms;
}

/** All that is wrong with a change to the order as it stands, the same on every exchange. */
export function modificationFaults(state: OrderState, modification: OrderModification): Fault[] {
  const terms = termsOf(state);
  const fields = (Object.keys(TERM_OF_FIELD) as ModificationField[]).filter(
    (field) => modification[field] !== undefined,
  );
  const foreign = fields.filter((field) => terms[TERM_OF_FIELD[field]] === undefined);
  const { filledQuantity } = state.ledger;
  const { newQuantity } = modification;
  return [
    ...(isEnded(state) ? [{ field: '', message: 'The order has ended; nothing is left to change' }] : []),
    ...foreign.map((field) => ({ field, message: `does not belong to ${state.request.orderType} orders` })),
    ...(newQuantity !== undefined && new Decimal(newQuantity).lte(filledQuantity)
      ? [
          {
            field: 'newQuantity',
            message: `must be more than the ${filledQuantity} that are filled, got ${newQuantity}`,
          },
        ]
      : []),
    ...(foreign.length === 0 && isSameTerms(terms, modifiedTerms(state, modification))
      ? [{ field: '', message: 'The modification changes nothing' }]
      : []),
  ];
}

/** Whether the first has all that the second asks for. */
export function isSameTerms(terms: OrderTerms, wanted: OrderTerms): boolean {
  return (Object.keys(wanted) as (keyof OrderTerms)[]).every((term) => terms[term] === wanted[term]);
}

/** "quantity 1 → 0.5, price 20000 → 20010". */
export function describeChange(before: OrderTerms, after: OrderTerms): string {
  return (Object.keys(after) as (keyof OrderTerms)[])
    .filter((term) => before[term] !== after[term])
    .map((term) => `${term} ${before[term] ?? 'none'} → ${after[term]}`)
    .join(', ');
}
