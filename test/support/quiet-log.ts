import { StorageLog } from '../../src/storage/log.js';

export interface LogLine {
  level: 'info' | 'warn' | 'error';
  details: object;
  message: string;
}

/** A log that keeps its lines for a test to look at, and prints nothing. */
export function quietLog(): StorageLog & { lines: LogLine[] } {
  const lines: LogLine[] = [];
  const keep = (level: LogLine['level']) => (details: object, message: string) =>
    void lines.push({ level, details, message });
  return { lines, info: keep('info'), warn: keep('warn'), error: keep('error') };
}
