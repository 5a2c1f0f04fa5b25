/**
 * ccxt in a process of its own, as a stranger would run it: the parent sends {id, method, args}, the reply is
 * {id, result} or {id, errors} with the class names of the error, most special first.
 */
const ccxt = require('ccxt');

const { apiKey, secret, address } = JSON.parse(process.argv[2]);
const options = { fetchMarkets: { types: ['spot'] }, fetchMargins: false, fetchCurrencies: false };
const exchange = new ccxt.binance({ apiKey, secret, options });
for (const name of Object.keys(exchange.urls.api)) exchange.urls.api[name] = `${address}/api/v3`;
exchange.urls.api.sapi = `${address}/sapi/v1`;

process.on('message', async ({ id, method, args }) => {
  try {
    process.send({ id, result: await exchange[method](...args), headers: exchange.last_response_headers });
  } catch (error) {
    const errors = [];
    for (let type = error.constructor; type.name !== ''; type = Object.getPrototypeOf(type)) errors.push(type.name);
    process.send({ id, errors, message: error.message, headers: exchange.last_response_headers });
  }
});
process.on('disconnect', () => process.exit(0));
