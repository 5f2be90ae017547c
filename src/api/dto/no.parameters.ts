import { declareParameters } from '../http/parameter.js';

/** For routes without parameters: any is an unknown one. */
export class NoParameters {}
declareParameters(NoParameters);
