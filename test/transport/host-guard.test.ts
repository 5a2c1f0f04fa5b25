import { createHostGuard, hostFault } from '../../src/transport/host-guard';
import { TransportError } from '../../src/transport/transport-error';

const rules = { productionHosts: ['api.exchange.com'], sandboxHosts: ['sandbox.exchange.com'] };
const sandbox = { ...rules, mode: 'SANDBOX', allowSimulated: false } as const;
const simulated = { ...rules, mode: 'SANDBOX', allowSimulated: true } as const;
const production = { ...rules, mode: 'PRODUCTION', allowSimulated: true } as const;

it.each([
  ['https://sandbox.exchange.com/api', sandbox],
  ['wss://sandbox.exchange.com:9443/stream', sandbox],
  ['http://127.0.0.1:8080', simulated],
  ['ws://localhost:8080/ws', simulated],
  ['http://[::1]:8080', simulated],
  ['https://api.exchange.com', production],
])('%s may be reached', (address, allowed) => {
  expect(hostFault(address, allowed)).toBeUndefined();
});

it.each([
  ['https://api.exchange.com', sandbox],
  ['https://api.exchange.com', simulated],
  ['https://sandbox.exchange.com', production],
  ['http://127.0.0.1:8080', sandbox],
  ['http://127.0.0.1:8080', production],
  ['http://sandbox.exchange.com', sandbox],
  ['ws://api.exchange.com', production],
  ['https://sandbox.exchange.com.evil.com', sandbox],
  ['https://sandbox.exchange.com@api.exchange.com', sandbox],
  ['http://127.0.0.1.evil.com', simulated],
  ['http://localhost@api.exchange.com', simulated],
  ['https://api.exchange.com.', sandbox],
  ['ftp://sandbox.exchange.com', sandbox],
  ['no address', simulated],
])('%s is refused', (address, forbidden) => {
  expect(hostFault(address, forbidden)).toEqual(expect.any(String));
  const refusal = (): void => createHostGuard(forbidden)(address);
  expect(refusal).toThrow(TransportError);
  expect(refusal).toThrow(expect.objectContaining({ fault: 'HOST_REFUSED', sent: 'no' }) as Error);
});

it('an exchange without a sandbox has nothing to reach in SANDBOX mode', () => {
  expect(hostFault('https://api.exchange.com', { ...sandbox, sandboxHosts: [] })).toContain('it has none');
});
