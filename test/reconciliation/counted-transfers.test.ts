import fc from 'fast-check';
import type { Transfer } from '../../src/domain/account';
import type { Amounts } from '../../src/domain/reconciliation';
import { added } from '../../src/reconciliation/amounts';
import { countTransfers } from '../../src/reconciliation/counted-transfers';
import { decimalString } from '../properties/generators';

const DAY_MS = 86_400_000;
const START_MS = Date.parse('2026-01-31T12:00:00.000Z');

/** A transfer and the effects that it has at one look after the other: pending, credited, given back. */
interface Told {
  transferId: string;
  asset: string;
  begunAtMs: number;
  effects: string[];
}

const LOOKS = 6;
const told: fc.Arbitrary<Told> = fc
  .record({
    asset: fc.constantFrom('BTC', 'EUR'),
    begunAtMs: fc.integer({ min: START_MS, max: START_MS + 2 * DAY_MS }),
    amount: decimalString({ min: '-10', max: '10', scale: 8 }),
    states: fc.array(fc.boolean(), { minLength: LOOKS, maxLength: LOOKS }),
    transferId: fc.uuid(),
  })
  .map(({ amount, states, ...rest }) => ({ ...rest, effects: states.map((counts) => (counts ? amount : '0')) }));

const seenAt = (look: number, { transferId, asset, begunAtMs, effects }: Told): Transfer => ({
  transferId,
  type: 'DEPOSIT',
  asset,
  effect: effects[look] ?? '0',
  timestamp: new Date(begunAtMs).toISOString(),
});

it('transfers count once, however often they are seen, and by what they are in the end', () => {
  fc.assert(
    fc.property(fc.uniqueArray(told, { selector: ({ transferId }) => transferId, maxLength: 8 }), (transfers) => {
      let total: Amounts = {};
      let counted: Parameters<typeof countTransfers>[0] = {};
      for (let look = 0; look < LOOKS; look++) {
        const found = countTransfers(
          counted,
          transfers.map((transfer) => seenAt(look, transfer)),
          START_MS,
        );
        total = added(total, found.moved);
        ({ counted } = found);
      }
      const last = transfers.map((transfer) => ({ [transfer.asset]: transfer.effects[LOOKS - 1] ?? '0' }));
      expect(total).toEqual(added(...last));
    }),
    { numRuns: 300 },
  );
});

it('what is older than is looked back keeps counting, and is not kept', () => {
  const transfer = seenAt(0, { transferId: 'old', asset: 'BTC', begunAtMs: START_MS, effects: ['1'] });
  const first = countTransfers({}, [transfer], START_MS);
  expect(first.moved).toEqual({ BTC: '1' });
  expect(countTransfers(first.counted, [transfer], START_MS + 1)).toEqual({ moved: {}, counted: {} });
});
