export { createClient, type ClientOptions, type RequestOptions, type RollcallClient } from './client.js';
export { type List } from './list.js';
export { ProblemError } from './problem-error.js';
export type * from './types.js';
export type { components, operations, paths } from './schema.js';
