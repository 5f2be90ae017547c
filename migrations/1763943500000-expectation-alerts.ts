import { MigrationInterface, QueryRunner } from 'typeorm';

/** Endpoints of alerts are told of expectations too. */
export class ExpectationAlerts1763943500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE rollcall.webhook_alert DROP CONSTRAINT webhook_alert_kind_check,
        ADD CONSTRAINT webhook_alert_kind_check CHECK (kind IN ('job', 'source', 'expectation'));
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DELETE FROM rollcall.webhook_alert WHERE kind = 'expectation';
      ALTER TABLE rollcall.webhook_alert DROP CONSTRAINT webhook_alert_kind_check,
        ADD CONSTRAINT webhook_alert_kind_check CHECK (kind IN ('job', 'source'));
    `);
  }
}
