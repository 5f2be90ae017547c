import { InvalidArgumentError } from 'commander';
import { Config } from '../config/config.js';
import { nearest } from '../config/schema-faults.js';
import { CommandError, EXIT } from './exit-codes.js';

/** Collects the values of an option that repeats or takes commas, each once. @throws InvalidArgumentError for an empty one */
export function collectWords(value: string, previous: readonly string[] | undefined): string[] {
  const words = value.split(',').map((word) => word.trim());
  if (words.includes('')) throw new InvalidArgumentError('It is empty.');
  return [...new Set([...(previous ?? []), ...words])];
}

/** @throws CommandError unless each of these is a source of the configuration */
export function assertSources({ sources }: Pick<Config, 'sources'>, keys: readonly string[]): void {
  const known = sources.map(({ key }) => key);
  const unknown = keys.find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new CommandError(
      `--source: no source has the key ${unknown}; ${nearest(unknown, known)}`,
      EXIT.usage,
    );
}
