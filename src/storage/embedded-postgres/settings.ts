const MIB = 1024 * 1024;

/**
 * Server settings for a machine (or container) with this much memory in bytes. The server shares it with Rollcall and with
 * the user's own work, so it takes an eighth and never more than 256 MiB for itself.
 */
export function serverSettings(port: number, memory: number): Record<string, string> {
  const eighth = Math.floor(memory / 8 / MIB);
  return {
    port: String(port),
    listen_addresses: '127.0.0.1',
    // Reached over loopback only: no socket file that another user could find or a long path could break.
    unix_socket_directories: '',
    max_connections: '100',
    shared_buffers: `${between(16, eighth, 256)}MB`,
    effective_cache_size: `${between(64, eighth * 4, 16_384)}MB`,
    maintenance_work_mem: `${between(16, Math.floor(eighth / 2), 128)}MB`,
    // Compiling a query costs more than running one of ours.
    jit: 'off',
    // Nothing replicates from it.
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    // The log never holds statements: their values come from outside.
    log_min_error_statement: 'panic',
  };
}

function between(least: number, wanted: number, most: number): number {
  return Math.min(most, Math.max(least, wanted));
}
