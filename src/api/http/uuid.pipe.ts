import { ArgumentMetadata, Injectable, PipeTransform } from '@nestjs/common';
import { isUuid, quote } from '../dto/parsers.js';
import { invalidRequest } from './problem.js';

/** An id in a path. */
@Injectable()
export class UuidPipe implements PipeTransform<string, string> {
  transform(value: string, { data }: ArgumentMetadata): string {
    if (!isUuid(value))
      throw invalidRequest([{ parameter: data ?? 'id', detail: `${quote(value)} is not a UUID` }]);
    return value.toLowerCase();
  }
}
