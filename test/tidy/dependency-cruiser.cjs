/**
 * Who may import whom. Allow-lists: a layer can't reach a new folder or package until it is named here.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const NODE = '^[a-z_/:]+$';
const npm = (...names) => `node_modules/(${names.join('|')})/`;
const temporal = (...parts) => npm(...parts.map((part) => `@temporalio/${part}`));
const only = (name, from, ...allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { pathNot: [from, ...allowed] },
});
const DOMAIN = '^src/domain/';
const PLATFORM = '^src/platform/';
const STORAGE_PORTS = '^src/storage/[^/]+\\.ts$';
const ADAPTER_PORT = '^src/exchanges/adapter\\.ts$';
const ALERTS_PORT = '^src/alerts/alerts\\.ts$';
const AUDIT_PORT = '^src/audit/audit-trail\\.ts$';
const VISIBILITY_QUERY = '^src/temporal/visibility-query\\.ts$';
const MARKET_DATA_PORT = '^src/marketdata/market-data\\.ts$';
const METRICS_PORT = '^src/metrics/metrics\\.ts$';
const ERROR_HANDLER_PORT = '^src/error-handling/error-handler\\.ts$';
const CONTRACTS = '^workflows/[^/]+/contract\\.ts$';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    only('domain-is-pure', DOMAIN, npm('decimal\\.js', 'zod', '@noble/hashes')),
    only('platform-knows-errors-only', PLATFORM, '^src/domain/errors\\.ts$', NODE, npm('dotenv', 'pino', 'zod')),
    only('transport-knows-bytes-only', '^src/transport/', '^src/domain/(audit|connection|errors|exchange)\\.ts$', '^src/connections/reconnection\\.ts$', PLATFORM, NODE, npm('undici', 'ws', '@types/ws')),
    only('exchanges-know-transports', '^src/exchanges/', DOMAIN, PLATFORM, '^src/(transport|ratelimit|marketdata)/', NODE, npm('ccxt', 'zod')),
    {
      name: 'exchanges-are-islands',
      severity: 'error',
      from: { path: '^src/exchanges/([^/]+)/' },
      to: { path: '^src/exchanges/([^/]+)/', pathNot: '^src/exchanges/$1/' },
    },
    {
      name: 'only-the-registry-names-an-exchange',
      severity: 'error',
      from: { pathNot: '^(src/exchanges/registry\\.ts$|src/exchanges/[^/]+/|test/)' },
      to: { path: '^src/exchanges/[^/]+/' },
    },
    only('simulator-knows-no-adapter', '^src/simulator/', DOMAIN, PLATFORM, NODE, npm('ws', '@types/ws', 'zod')),
    only('storage-knows-domain', '^src/storage/', DOMAIN, PLATFORM, ALERTS_PORT, NODE, npm('@aws-sdk/[^/]+', 'ioredis', 'zod')),
    only('accounting-knows-ports', '^src/accounting/', DOMAIN, PLATFORM, STORAGE_PORTS, '^src/reconciliation/balance-equation\\.ts$'),
    only('export-knows-lines', '^src/export/', DOMAIN, PLATFORM, '^src/accounting/', NODE, npm('hyparquet-writer')),
    only('alerts-know-transports', '^src/alerts/', DOMAIN, PLATFORM, '^src/transport/', NODE, npm('@aws-sdk/client-sns')),
    only('error-handling-knows-ports', '^src/error-handling/', DOMAIN, PLATFORM, ALERTS_PORT, ADAPTER_PORT, '^src/exchanges/error-codes\\.ts$', '^src/transport/transport-error\\.ts$', '^src/ratelimit/rate-limited-error\\.ts$', npm('zod')),
    only('reconciliation-is-pure', '^src/reconciliation/', DOMAIN),
    only('activities-know-ports', '^activities/', DOMAIN, PLATFORM, STORAGE_PORTS, ADAPTER_PORT, ALERTS_PORT, ERROR_HANDLER_PORT, AUDIT_PORT, METRICS_PORT, MARKET_DATA_PORT, VISIBILITY_QUERY, '^src/(connections|reconciliation)/', CONTRACTS, NODE, temporal('activity', 'common')),
    only('workflows-are-pure', '^workflows/', DOMAIN, '^activities/', npm('zod'), temporal('workflow', 'common')),
    {
      name: 'schemas-are-shared-by-workflows',
      comment: 'One that is made anew for each workflow costs each order a millisecond: name its module in workers/bundle.ts, too.',
      severity: 'error',
      from: {
        path: '^(workflows|src/domain)/',
        pathNot: '^(src/domain/(contract-schemas|feed-schema|halt|order-request|reconciliation)|workflows/order/messages)\\.ts$',
      },
      to: { path: npm('zod') },
    },
    {
      name: 'workflows-see-activity-types-and-queues-only',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: '^activities/', pathNot: '^activities/queues\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'of-workflows-only-contracts-are-seen',
      severity: 'error',
      from: { path: '^(src|activities)/' },
      to: { path: '^workflows/', pathNot: CONTRACTS },
    },
    { name: 'nobody-imports-workers', severity: 'error', from: { pathNot: '^(workers|test|src/local)/' }, to: { path: '^workers/' } },
    { name: 'production-never-imports-test', severity: 'error', from: { pathNot: '^test/' }, to: { path: '^test/' } },
    { name: 'no-dev-dependencies-in-production', severity: 'error', from: { pathNot: '^test/' }, to: { dependencyTypes: ['npm-dev'], pathNot: npm('@types/[^/]+') } },
    { name: 'everything-is-used', severity: 'error', from: { orphan: true, pathNot: '(^test/|\\.d\\.ts$)' }, to: {} },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'default', 'types'] },
  },
};
