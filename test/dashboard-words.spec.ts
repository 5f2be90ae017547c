import { parse } from 'yaml';
import { checkExpectations } from '../src/config/expectation.schema.js';
import { ERROR_KINDS } from '../src/domain/errors.js';
import { EVENT_TYPES } from '../src/domain/event-type.js';
import { WEBHOOK_FORMATS } from '../src/domain/webhook.js';
import { readWebhookFilter } from '../src/api/dto/webhook-filter.js';
import { EXPECTATIONS_EXAMPLE } from '../web/src/pages/alerts/expectations-example';
import { ERROR_MEANINGS } from '../web/src/pages/sources/health-words';
import { EVENT_TYPES as OFFERED_TYPES, FORMATS } from '../web/src/pages/webhooks/endpoint-choices';

describe('what the dashboard says of the service', () => {
  it('has expectations to paste that the configuration takes', () => {
    const { expectations, faults } = checkExpectations(
      parse(EXPECTATIONS_EXAMPLE),
      ['charts', 'etl', 'store'],
      readWebhookFilter,
    );
    expect(faults).toEqual([]);
    expect(expectations).toHaveLength(5);
  });

  it('explains every kind of error', () => {
    expect(Object.keys(ERROR_MEANINGS).sort()).toEqual([...ERROR_KINDS].sort());
  });

  it('offers every type of event and every format', () => {
    expect([[...OFFERED_TYPES].sort(), [...FORMATS].sort()]).toEqual([
      [...EVENT_TYPES].sort(),
      [...WEBHOOK_FORMATS].sort(),
    ]);
  });
});
