import pino, { Logger } from 'pino';
import { LogLevel } from './config/environment.js';

/** One JSON line an entry on standard error, so that standard output is for people and for answers of commands. */
export function createLogger(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: null,
      // by name: what collects logs knows no numbers of pino's
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      // A belt beside the braces: nothing that logs passes credentials, and if something did they would not be printed.
      redact: {
        paths: [
          'req.headers.authorization',
          'req.headers.cookie',
          '*.password',
          '*.token',
          '*.clientSecret',
          '*.apiKey',
          '*.sessionId',
        ],
        censor: '***',
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
