import { Logger } from '@nestjs/common';

// A service that a test makes without an application would log to the terminal.
Logger.overrideLogger(false);
