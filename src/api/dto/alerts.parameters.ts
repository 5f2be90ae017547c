import { BREACH_STATES, BreachState } from '../../storage/expectation.query.js';
import { AnyOf } from './job-filter.parameters.js';
import { PageParameters } from './page.parameters.js';
import { words } from './parsers.js';

/** The parameters of `GET /api/v1/alerts`. */
export class ListAlertsParameters extends PageParameters {
  @AnyOf('Source keys.')
  source?: string[];

  @AnyOf('Names of expectations.')
  name?: string[];

  @AnyOf('`firing`: it goes on; `resolved`: it has ended.', words(BREACH_STATES), BREACH_STATES)
  state?: BreachState[];
}
