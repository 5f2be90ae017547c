import { serverSettings } from './settings.js';

const GIB = 1024 ** 3;

describe('serverSettings', () => {
  it.each([
    [GIB / 4, '32MB'],
    [GIB, '128MB'],
    [2 * GIB, '256MB'],
    [256 * GIB, '256MB'],
    [GIB / 64, '16MB'],
  ])('gives a machine with %d bytes shared buffers of %s', (memory, buffers) => {
    expect(serverSettings(5432, memory)['shared_buffers']).toBe(buffers);
  });

  it('can be reached over loopback only', () => {
    expect(serverSettings(5433, GIB)).toMatchObject({
      port: '5433',
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
    });
  });
});
