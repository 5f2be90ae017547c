import { RequestFault } from '../http/problem.js';
import { JobFilterParameters } from './job-filter.parameters.js';

/** The filters of a list, of the job as it was just after a change: those of the feed and of webhook endpoints. */
export class EventFilterParameters extends JobFilterParameters {
  override between(): RequestFault[] {
    const faults = super.between();
    if (this.latest)
      faults.push({
        parameter: 'latest',
        detail: 'chooses among jobs as they are now; an event is of one job as it was',
      });
    if (this.overdue !== undefined)
      faults.push({
        parameter: 'overdue',
        detail:
          'is of jobs as they were last evaluated; events of what is overdue are those of types=alert.firing,alert.resolved',
      });
    return faults;
  }
}
