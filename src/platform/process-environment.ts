import { config as readDotenv } from 'dotenv';
import type { Environment } from './environment';

/**
 * The environment of this process, for entry points only: what is set, then what `files` (`.env` first) add to it.
 * A file that is not there is no fault.
 */
export function readProcessEnvironment(files: readonly string[] = []): Environment {
  readDotenv({ quiet: true, path: ['.env', ...files] });
  // The SDK would tell every user of Node 20 that its versions of 2027 will need Node 22; ours is pinned.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return process.env;
}
