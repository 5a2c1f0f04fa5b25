/** Where a service of AWS is. */
export interface AwsPlace {
  region: string;
  /** Absent: AWS's own of the region. */
  endpoint?: string;
}

const CONNECT_LIMIT_MS = 2_000;
const REQUEST_LIMIT_MS = 5_000;

/** The settings that all clients of AWS have in common: every attempt at a call ends. */
export interface AwsClientSettings extends AwsPlace {
  /** The SDK's own attempts at one call. */
  maxAttempts: number;
  requestHandler: { connectionTimeout: number; requestTimeout: number; throwOnRequestTimeout: true };
}

export function awsClientSettings({ region, endpoint }: AwsPlace, maxAttempts: number): AwsClientSettings {
  return {
    region,
    ...(endpoint !== undefined && { endpoint }),
    maxAttempts,
    requestHandler: {
      connectionTimeout: CONNECT_LIMIT_MS,
      requestTimeout: REQUEST_LIMIT_MS,
      throwOnRequestTimeout: true,
    },
  };
}
