import fc from 'fast-check';
import { KITS_OF_REGISTERED } from '../conformance/exchange-kit';
import { executionShape, orderUpdateShape } from '../conformance/shapes';

const RUNS = 500;
/** Enough for each of the message's fields to be damaged in each way. */
const DAMAGED_RUNS = 5_000;

describe.each(KITS_OF_REGISTERED)('Property 10: a stream message of %s', (exchangeId, kit) => {
  it('becomes an OrderUpdate, and an ExecutionUpdate where it tells of a trade, with nothing lost', () => {
    fc.assert(
      fc.property(kit.streamMessage(), ({ message, assetId, expected, execution }) => {
        const read = kit.readMessage(message, assetId);
        expect(orderUpdateShape.parse(read.update)).toMatchObject({ exchangeId, assetId, ...expected });
        if (execution === undefined) expect(read.execution).toBeUndefined();
        else expect(executionShape.parse(read.execution)).toMatchObject({ exchangeId, assetId, ...execution });
      }),
      { numRuns: RUNS },
    );
  });

  it('that is damaged is refused or still conforms, never half read', () => {
    const damage = fc.record({
      at: fc.nat(),
      how: fc.constantFrom<keyof typeof DAMAGES>('remove', 'null', 'text', 'number', 'object', 'nan'),
      text: fc.oneof(fc.constant(''), fc.string()),
    });
    let refused = 0;
    fc.assert(
      fc.property(kit.streamMessage(), damage, ({ message, assetId }, { at, how, text }) => {
        const damaged = harm(message, at, (value) => DAMAGES[how](value, text));
        let read;
        try {
          read = kit.readMessage(damaged, assetId);
        } catch {
          refused += 1;
          return;
        }
        orderUpdateShape.parse(read.update);
        if (read.execution !== undefined) executionShape.parse(read.execution);
      }),
      { numRuns: DAMAGED_RUNS },
    );
    expect(refused).toBeGreaterThan(0);
  });

  it('of any other shape is refused', () => {
    fc.assert(
      fc.property(fc.anything(), (anything) => {
        expect(() => kit.readMessage(anything, 'BTC/USDT')).toThrow();
      }),
      { numRuns: RUNS },
    );
  });
});

const REMOVED = Symbol('removed');
const DAMAGES = {
  remove: () => REMOVED,
  null: () => null,
  text: (_: unknown, text: string) => text,
  number: (_: unknown, text: string) => text.length - 3.5,
  object: () => ({}),
  nan: () => 'NaN',
} satisfies Record<string, (value: unknown, text: string) => unknown>;

/** The message with one of its innermost fields changed. */
function harm(
  message: Record<string, unknown>,
  at: number,
  change: (value: unknown) => unknown,
): Record<string, unknown> {
  const [outer = '', inner] = Object.entries(message).find(([, value]) => typeof value === 'object') ?? [];
  const fields = Object.entries(inner as Record<string, unknown>);
  const index = at % fields.length;
  const changed = fields
    .map(([name, value], position) => [name, position === index ? change(value) : value] as const)
    .filter(([, value]) => value !== REMOVED);
  return { ...message, [outer]: Object.fromEntries(changed) };
}
