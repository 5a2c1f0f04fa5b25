import { isLoopback } from '../platform/loopback';
import { TransportError } from './transport-error';

/** Which hosts a connection may reach. Names are compared whole; ports are free. */
export interface HostRules {
  mode: 'PRODUCTION' | 'SANDBOX';
  productionHosts: readonly string[];
  sandboxHosts: readonly string[];
  /** Whether SANDBOX may also reach simulated exchanges on this machine. */
  allowSimulated: boolean;
}

/** Lets an address pass or throws TransportError HOST_REFUSED. */
export type HostGuard = (address: string) => void;

const PLAIN_PROTOCOLS: readonly string[] = ['http:', 'ws:'];
const TLS_PROTOCOLS: readonly string[] = ['https:', 'wss:'];

/**
 * Says why `address` is out of bounds, or undefined when it may be reached: in SANDBOX the exchange's sandbox hosts,
 * and this machine where simulated exchanges are allowed; in PRODUCTION the exchange's production hosts.
 * Whatever leaves this machine is encrypted.
 */
export function hostFault(address: string, rules: HostRules): string | undefined {
  if (!URL.canParse(address)) return `${JSON.stringify(address.slice(0, 200))} is not an address`;
  const { protocol, hostname, origin } = new URL(address);
  if (![...PLAIN_PROTOCOLS, ...TLS_PROTOCOLS].includes(protocol)) return `${protocol} is not a protocol of exchanges`;
  if (rules.mode === 'SANDBOX' && rules.allowSimulated && isLoopback(hostname)) return undefined;
  const allowed = rules.mode === 'SANDBOX' ? rules.sandboxHosts : rules.productionHosts;
  if (!allowed.includes(hostname)) {
    const known = allowed.length === 0 ? 'it has none' : allowed.join(', ');
    return `${origin} is not one of the exchange's ${rules.mode} hosts (${known})`;
  }
  return TLS_PROTOCOLS.includes(protocol) ? undefined : `${origin} is not encrypted (https or wss)`;
}

/** The guard that the transports ask before each connection and each request. */
export function createHostGuard(rules: HostRules): HostGuard {
  return (address) => {
    const fault = hostFault(address, rules);
    if (fault !== undefined) throw new TransportError('HOST_REFUSED', 'no', `Refused in ${rules.mode} mode: ${fault}.`);
  };
}
