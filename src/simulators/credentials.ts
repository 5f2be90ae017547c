/** What the simulated platforms accept; everything else is refused as the real ones refuse it. */
export const CHARTS_TOKEN = 'simulated-charts-token';
export const PORTAL_USER = { username: 'operator', password: 'simulated-portal-password' };
export const STORE_CLIENT = { clientId: 'simulated-store', clientSecret: 'simulated-store-secret' };
export const FIELD_CLIENT = { clientId: 'simulated-field', clientSecret: 'simulated-field-secret' };
export const ETL_ACCOUNT = 'acme';
export const ETL_KEY = 'simulated-etl-key';
export const VAULT_ID = 1001;
export const VAULT_USER = { username: 'rollcall@example.com', password: 'simulated-vault-password' };
/** A user of the Vault company who may not enter this Vault: logging in succeeds, into another one. */
export const STRAY_VAULT_USER = { username: 'stray@example.com', password: 'simulated-stray-password' };
export const STRAY_VAULT_ID = 1002;
