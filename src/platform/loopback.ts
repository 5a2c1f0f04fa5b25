const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a URL's hostname is this machine's, so that what is sent there leaves it never. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}
