/** Lets `node --require` this file run the project's TypeScript as it is: for child processes of tests. */
const { readFileSync } = require('node:fs');
const { transformSync } = require('@swc/core');

require.extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    swcrc: false,
    sourceMaps: 'inline',
    jsc: { target: 'es2022', parser: { syntax: 'typescript' }, keepClassNames: true },
    module: { type: 'commonjs' },
  });
  module._compile(code, filename);
};

// Whoever was forked by a test goes when the test's process is gone, however that ended.
process.once('disconnect', () => process.exit());
process.channel?.unref(); // a listener alone would keep the process alive
