import { DELIVERY_STATES, DeliveryState } from '../../storage/webhook-delivery.store.js';
import { AnyOf } from './job-filter.parameters.js';
import { PageParameters } from './page.parameters.js';
import { words } from './parsers.js';

/** The parameters of `GET /api/v1/webhooks/{id}/deliveries`. */
export class ListDeliveriesParameters extends PageParameters {
  @AnyOf('States of deliveries.', words(DELIVERY_STATES), DELIVERY_STATES)
  state?: DeliveryState[];
}
