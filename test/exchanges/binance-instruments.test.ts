import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceError } from '../../src/domain/errors';
import { INSTRUMENTS_AGE_MS_MAX, InstrumentBook } from '../../src/exchanges/binance/instruments';
import { exchangeInfoReply } from '../../src/exchanges/binance/wire';
import { silentLogger } from '../../src/platform/logger';
import { ManualClock } from '../alerts/manual-clock';

const FIXTURE = join(__dirname, '../../src/exchanges/binance/fixtures/http_get_exchangeInfo.json');

test('an order can be cancelled and looked up when the list of instruments is old and Binance gives no new one', async () => {
  const info = exchangeInfoReply.parse(JSON.parse(readFileSync(FIXTURE, 'utf8')));
  const { symbol, baseAsset, quoteAsset } = info.symbols[0] as { [name: string]: string };
  const assetId = `${baseAsset}/${quoteAsset}`;
  const clock = new ManualClock();
  let isAway = false;
  const read = (): Promise<typeof info> =>
    isAway ? Promise.reject(new ServiceError('EXCHANGE_TEMPORARY', 'It hangs.')) : Promise.resolve(info);
  const book = new InstrumentBook(read, clock, silentLogger);
  await book.get(assetId);
  isAway = true;
  await clock.pass(INSTRUMENTS_AGE_MS_MAX);
  await expect(book.get(assetId)).rejects.toThrow('It hangs.');
  expect(await book.named(assetId)).toMatchObject({ symbol });
});
