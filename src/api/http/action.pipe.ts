import { ArgumentMetadata, Injectable, PipeTransform } from '@nestjs/common';
import { JOB_ACTIONS, JobAction } from '../../domain/job.js';
import { oneOf } from '../dto/parsers.js';
import { ParameterError } from './parameter.js';
import { invalidRequest } from './problem.js';

/** The name of an action in a path. */
@Injectable()
export class ActionPipe implements PipeTransform<string, JobAction> {
  transform(value: string, { data }: ArgumentMetadata): JobAction {
    try {
      return oneOf(value, JOB_ACTIONS);
    } catch (error) {
      if (!(error instanceof ParameterError)) throw error;
      throw invalidRequest([{ parameter: data ?? 'action', detail: error.message }]);
    }
  }
}
