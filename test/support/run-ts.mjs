// node run-ts.mjs FILE.ts ARGUMENT…: a TypeScript program in a process of its own, compiled as jest compiles it.
import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { transformSync } from '@swc/core';

const require = createRequire(import.meta.url);
require('./resolve-ts.cjs');

const [, options] = Object.values(require('../../jest.config.cjs').projects[0].transform)[0];
Module._extensions['.ts'] = (module, filename) => {
  const source = readFileSync(filename, 'utf8');
  module._compile(
    transformSync(source, { ...options, filename, swcrc: false, sourceMaps: 'inline' }).code,
    filename,
  );
};

process.argv.splice(1, 1);
require(resolve(process.argv[1]));
