import { MigrationInterface } from 'typeorm';
import { CreateSchema1763852400000 } from './1763852400000-create-schema.js';

/** Every migration, oldest first. A test holds that none is missing. */
export const MIGRATIONS: readonly (new () => MigrationInterface)[] = [CreateSchema1763852400000];
