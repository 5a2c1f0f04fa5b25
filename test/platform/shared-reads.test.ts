import { SharedReads } from '../../src/platform/shared-reads';

/** A store whose reads end when the test says so. */
class Store {
  value = 'old';
  reads: (() => void)[] = [];

  read = async (): Promise<string> => {
    const { value } = this;
    await new Promise<void>((resolve) => this.reads.push(resolve));
    return value;
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('who asks while a read is under way is not answered from before they asked', async () => {
  const store = new Store();
  const reads = new SharedReads<string>();
  const first = reads.read('key', store.read);
  store.value = 'new';
  const later = [reads.read('key', store.read), reads.read('key', store.read)];
  store.reads.shift()?.();
  expect(await first).toBe('old');
  await turn();
  expect(store.reads).toHaveLength(1);
  store.reads.shift()?.();
  expect(await Promise.all(later)).toEqual(['new', 'new']);
});

test('a read that fails is no answer for those who ask after it', async () => {
  const reads = new SharedReads<string>();
  const failing = reads.read('key', () => Promise.reject(new Error('away')));
  const next = reads.read('key', () => Promise.resolve('there'));
  await expect(failing).rejects.toThrow('away');
  expect(await next).toBe('there');
  expect(await reads.read('key', () => Promise.resolve('again'))).toBe('again');
});

test('reads of different keys do not wait for each other', async () => {
  const reads = new SharedReads<string>();
  void reads.read('one', () => new Promise(() => undefined));
  expect(await reads.read('other', () => Promise.resolve('there'))).toBe('there');
});
