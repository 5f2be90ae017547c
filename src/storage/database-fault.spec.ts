import { DatabaseError } from 'pg';
import { UnavailableError } from '../domain/errors.js';
import { isDatabaseFault } from './database-fault.js';
import { StandbyError } from './session.js';

const ofServer = (code: string): Error => Object.assign(new DatabaseError('words', 0, 'error'), { code });
const ofSocket = (code: string): Error => Object.assign(new Error('words'), { code });

it.each([
  ['a lost connection', ofServer('08006')],
  ['a password that was changed', ofServer('28P01')],
  ['a deadlock', ofServer('40P01')],
  ['a primary that became a replica', ofServer('25006')],
  ['a server that was one all along', new StandbyError()],
  ['a statement that a pooler lost', ofServer('26000')],
  ['a statement that a pooler has from another client', ofServer('42P05')],
  ['no answer', new Error('Query read timeout')],
  ['a transaction that stood still for too long', ofServer('25P03')],
  ['a full disk', ofServer('53100')],
  ['too many connections', ofServer('53300')],
  ['an operator who stops it', ofServer('57P01')],
  ['an I/O error', ofServer('58030')],
  ['a broken page', ofServer('XX001')],
  ['nobody who listens', ofSocket('ECONNREFUSED')],
  ['a reset', ofSocket('ECONNRESET')],
  ['a connection that ended', new Error('Connection terminated unexpectedly')],
  [
    'a client that has no connection',
    new Error('Client has encountered a connection error and is not queryable'),
  ],
  ['no connection in time', new Error('timeout exceeded when trying to connect')],
])('%s is the fault of the database', (_, error) => {
  expect(isDatabaseFault(error)).toBe(true);
});

it.each([
  ['a row that is there twice', ofServer('23505')],
  ['text that it cannot hold', ofServer('22021')],
  ['a statement that is wrong', ofServer('42601')],
  ['a mistake of ours', new TypeError('x is not a function')],
  ['a fault of an upstream', new UnavailableError('no connection', 'network')],
  ['another fault of Node', ofSocket('ERR_INVALID_ARG_TYPE')],
  ['nothing', undefined],
])('%s is not', (_, error) => {
  expect(isDatabaseFault(error)).toBe(false);
});
