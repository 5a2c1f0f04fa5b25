import fc from 'fast-check';
import { excessOf, type HolderPlace, LoadSharing, SHARE_INTERVAL_MS } from '../../src/connections/load-sharing';
import { ManualClock } from '../alerts/manual-clock';

test('a worker hands over what it has above its share of all, and never so much that others have more', () => {
  fc.assert(
    fc.property(fc.nat(50), fc.array(fc.nat(50), { maxLength: 10 }), (own, others) => {
      const loads = [own, ...others];
      const share = Math.ceil(loads.reduce((sum, load) => sum + load, 0) / loads.length);
      const excess = excessOf(own, loads);
      expect(own - excess).toBe(Math.min(own, share));
    }),
  );
});

test('holders are asked to hand over when a worker joins, and none while nobody can say how loads are', async () => {
  const clock = new ManualClock();
  let loads: Map<string, number> | undefined;
  const told: number[] = [];
  const sharing = new LoadSharing(
    {
      report: (_, connections) => Promise.resolve(void told.push(connections)),
      forget: () => Promise.resolve(),
      list: () => Promise.resolve(loads),
    },
    clock,
  );
  const places = Array.from({ length: 4 }, (_, index) => sharing.join(`desk/${index}`) as HolderPlace);
  const handedOver = (): number => places.filter(({ handOver }) => handOver.aborted).length;
  sharing.start('one');
  await new Promise(setImmediate);
  await clock.pass(SHARE_INTERVAL_MS);
  expect(handedOver()).toBe(0);
  loads = new Map([['two', 0]]);
  await clock.pass(SHARE_INTERVAL_MS);
  expect(handedOver()).toBe(2);
  expect([sharing.join('desk/0'), sharing.join('desk/1')]).toEqual(['ELSEWHERE', 'ELSEWHERE']);
  await clock.pass(1_000);
  const back = sharing.join('desk/0');
  expect(back).not.toBe('ELSEWHERE');
  (back as HolderPlace).leave();
  await sharing.close();
  expect(told.at(-1)).toBe(2);
});
