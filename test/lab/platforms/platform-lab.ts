import { Plan, ShownJob, TrueJob } from './compare.js';

/** One real platform that this machine may be able to run. */
export interface PlatformKind {
  name: string;
  /** What npm has to install for it, into a temporary folder and never into ours. */
  packages: readonly string[];
  /** @returns why it cannot be run here, null when it can */
  missing(): Promise<string | null>;
  /**
   * @param folder one of its own, that the caller removes
   * @param packages the folder that npm installed into
   * @throws Error when it does not start; what had started is ended then
   */
  start(folder: string, packages: string): Promise<PlatformLab>;
}

/** Every different version of a job that Rollcall showed so far, by its external id. */
export type History = ReadonlyMap<string, readonly ShownJob[]>;

/** A platform that runs. */
export interface PlatformLab {
  /** What it is, with its version. */
  readonly title: string;
  /** The source in `rollcall.yaml`, but for `key` and `poll`. */
  readonly source: Record<string, unknown>;
  readonly plans: readonly Plan[];
  /** Hands the planned jobs to the platform. */
  submit(): Promise<void>;
  /** Does to jobs what is due, such as cancelling one that Rollcall has shown running. Called again and again. */
  attend(truth: readonly TrueJob[], history: History): Promise<void>;
  /** What the platform's own tool says of all jobs. */
  truth(): Promise<TrueJob[]>;
  /** Ends the platform and every job of it that still runs. */
  close(): Promise<void>;
}
